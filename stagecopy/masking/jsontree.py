"""JSON documents as trees whose leaves can be replaced, without losing what PostgreSQL's ``json`` keeps.

Surprising: Python's own dictionaries would drop repeated keys and the spelling of numbers. Here an object is a list of
pairs and a number is its digits, so a document written anew differs only where something was replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from stagecopy.masking.jsonpath import JsonPath, Step

DEEPEST = 300  # PostgreSQL takes thousands of levels, Python's stack does not
_HALVES = re.compile("[\ud800-\udfff]")  # json, unlike jsonb, takes halves of characters when they are escaped
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|([\[\]{}])')
REDACTED = "redacted"
_ZERO = "0"


@dataclass(frozen=True, slots=True)
class Digits:
    """A number as the document spells it."""

    text: str


@dataclass(slots=True)
class Members:
    """An object: its members in order, repeated keys included."""

    pairs: list[list[Any]]


class Document:
    """One document; ``changed`` once a leaf was replaced. One nested too deep to be walked is read as null."""

    __slots__ = ("changed", "deep", "root")

    def __init__(self, text: str) -> None:
        self.deep = _depth(text) > DEEPEST
        loaded = (
            None
            if self.deep
            else json.loads(
                text, parse_int=Digits, parse_float=Digits, parse_constant=Digits, object_pairs_hook=_members
            )
        )
        self.root: list[Any] = [loaded]
        self.changed = self.deep

    @property
    def text(self) -> str:
        """The document written anew."""
        return _written(self.root[0])


@dataclass(slots=True)
class Place:
    """Where a value stands: a slot of a list, which is an array, a member's pair or the root."""

    document: Document
    holder: list[Any]
    slot: int

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.holder[self.slot]

    @property
    def telling(self) -> bool:
        """Whether it is a text or a number: null, true and false say nothing about a person."""
        return isinstance(self.value, str | Digits)

    @property
    def nested(self) -> bool:
        """Whether it is an object or an array."""
        return isinstance(self.value, list | Members)

    @property
    def plain(self) -> str:
        """The text of a telling value."""
        return self.value.text if isinstance(self.value, Digits) else _HALVES.sub("?", str(self.value))

    def put(self, text: str | None) -> None:
        """Replace a scalar; a number stays one where *text* is one."""
        stays = text is not None and isinstance(self.value, Digits) and _is_number(text)
        self.holder[self.slot] = Digits(text) if stays and text is not None else text
        self.document.changed = True

    def redact(self) -> None:
        """Replace every text and number from here down by one that says nothing."""
        for place in self.scalars():
            if place.telling and place.value != "":
                place.put(_ZERO if isinstance(place.value, Digits) else REDACTED)

    def scalars(self) -> Iterator[Place]:
        """All scalars from here down."""
        for place, _ in _walk(self, (), ()):
            yield place


def places(document: Document, paths: Iterable[tuple[str, JsonPath]]) -> Iterator[tuple[Place, str | None]]:
    """Every scalar that no path names (with None), and every value that one names (with its text); the first wins."""
    yield from _walk(Place(document, document.root, 0), (), tuple(paths))


def _walk(
    place: Place, at: tuple[Step, ...], paths: tuple[tuple[str, JsonPath], ...]
) -> Iterator[tuple[Place, str | None]]:
    for text, path in paths:
        if len(path) == len(at) and all(map(_fits, path, at)):
            yield place, text
            return
    value = place.value
    if isinstance(value, Members):
        for pair in value.pairs:
            yield from _walk(Place(place.document, pair, 1), (*at, Step(pair[0], "name")), paths)
    elif isinstance(value, list):
        for position in range(len(value)):
            yield from _walk(Place(place.document, value, position), (*at, Step(None, "each")), paths)
    else:
        yield place, None


def _fits(wanted: Step, actual: Step) -> bool:
    if wanted.kind == "each" or actual.kind == "each":
        return wanted.kind == actual.kind
    return wanted.kind == "any" or wanted.name == actual.name


def _members(pairs: list[tuple[str, Any]]) -> Members:
    return Members([list(pair) for pair in pairs])


def _written(value: Any) -> str:
    if isinstance(value, Digits):
        return value.text
    if isinstance(value, Members):
        return "{" + ", ".join(f"{_quoted(name)}: {_written(each)}" for name, each in value.pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return _quoted(value)


def _quoted(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if _HALVES.search(text) else text


def _is_number(text: str) -> bool:
    try:
        value = json.loads(text, parse_int=Digits, parse_float=Digits, parse_constant=str)  # NaN is none
    except (ValueError, RecursionError):
        return False
    return isinstance(value, Digits)


def _depth(text: str) -> int:
    """How deep arrays and objects stand in each other; what cannot be too deep is not counted exactly."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return 0
    depth = deepest = 0
    for bracket in _BRACKETS.findall(text):
        depth += (bracket in "[{") - (bracket in "]}") if bracket else 0
        deepest = max(deepest, depth)
    return deepest
