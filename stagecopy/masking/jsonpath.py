"""Paths into JSON documents: ``$.phone``, ``$.addresses[*].street``, ``$["a.b"]``, ``$.*``.

A small part of RFC 9535: names, array elements by wildcard, every member of an object. No slices, filters or positions:
a rule must mean the same leaf in every row.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_BARE = re.compile(r"[^\s.\[\]*\"']+")
_STEP = re.compile(r'\.(?P<name>[^\s.\[\]*"\']+)|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]|(?P<each>\[\*\])|(?P<any>\.\*)')


@dataclass(frozen=True, slots=True)
class Step:
    """One step: into the member of that name, or with None into every member (``any``) or element (``each``)."""

    name: str | None
    kind: str  # name | each | any


JsonPath = tuple[Step, ...]


def parse_path(text: str) -> JsonPath:
    """The steps of *text*. Raises ValueError that says what is wrong."""
    if not text.startswith("$"):
        raise ValueError(f"{text!r} is no path: it begins with $, for example $.phone or $.addresses[*].street")
    steps: list[Step] = []
    position = 1
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None:
            raise ValueError(f'{text!r} is no path from {text[position:]!r} on; known are .name, ["name"], [*] and .*')
        if found["each"] or found["any"]:
            steps.append(Step(None, "each" if found["each"] else "any"))
        else:
            steps.append(Step(_name(text, found["quoted"]) if found["quoted"] else found["name"], "name"))
        position = found.end()
    if not steps:
        raise ValueError("'$' is the whole document; name a leaf in it, for example $.phone")
    return tuple(steps)


def spelled(text: str) -> str:
    """The one spelling of the path *text*: ``$["a"]`` is ``$.a``. Raises ValueError that says what is wrong."""
    return "$" + "".join(map(_spelled_step, parse_path(text)))


def _spelled_step(step: Step) -> str:
    if step.name is None:
        return "[*]" if step.kind == "each" else ".*"
    return f".{step.name}" if _BARE.fullmatch(step.name) else f"[{json.dumps(step.name, ensure_ascii=False)}]"


def _name(text: str, quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise ValueError(f"{text!r} is no path: {quoted} is no JSON text") from None
