"""The JSON Schema of rule files, for editors: ``python -m stagecopy.masking.schema``.

It is written from what the readers know, into masking-rules/schema.json; a test holds both equal. Surprising: it
accepts a little more than the loader (whether a table exists, or a reason says something, no schema can tell).
"""

from __future__ import annotations

import json
import sys
from typing import Any, get_args

from stagecopy.masking import packs
from stagecopy.masking.maskers import MASKS, Masker
from stagecopy.masking.rules import KEEP, OnBad, Rest

_TEXT = {"type": "string", "minLength": 1}
_SCALAR = {"type": ["string", "number", "boolean"]}
_REASON = {"type": "string", "minLength": 3, "description": "why the value may stay as it is"}
_PATH = r"^\$."
_NUMBER = r"[0-9]"
_GLOBS = ("schema", "table", "column", "type", "comment")


def schema() -> dict[str, Any]:
    """The schema as a document (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "stagecopy masking rules",
        "type": "object",
        "required": ["version"],
        "additionalProperties": False,
        "properties": {
            "version": {"enum": [1, "1"]},
            "use": {"type": "array", "items": {"enum": list(packs.names())}, "description": "packs; own rules win"},
            "subjects": _map(_closed({"table": _TEXT, "key": _TEXT}, ["table", "key"])),
            "tables": _map({"$ref": "#/$defs/table"}),
            "patterns": {"type": "array", "items": {"$ref": "#/$defs/pattern"}},
            "references": {"type": "array", "items": {"$ref": "#/$defs/reference"}},
            "large_objects": _closed({KEEP: {**_REASON, "description": "why they may come along"}}, [KEEP]),
        },
        "$defs": {
            "decision": {"anyOf": _decisions({})},
            "leaf": {"anyOf": [{"enum": [name for name in MASKS if name != KEEP]}, {"$ref": "#/$defs/decision"}]},
            "table": _table(),
            "rows": _rows(),
            "pattern": {"anyOf": _decisions(dict.fromkeys(_GLOBS, _TEXT))},
            "reference": _reference(),
        },
    }


def _closed(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _map(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def _decisions(beside: dict[str, Any]) -> list[dict[str, Any]]:
    """A keep, or one of the masks, each with its own options; *beside* are keys that may stand with it."""
    kept = _closed({**beside, KEEP: _REASON}, [KEEP])
    return [kept, *(_mask(name, beside) for name in MASKS if name != KEEP)]


def _mask(name: str, beside: dict[str, Any]) -> dict[str, Any]:
    kind = MASKS[name]
    spelled: list[str | None] = ["null", None] if name == "null" else [name]
    properties: dict[str, Any] = {**beside, "mask": {"enum": spelled, "description": kind.summary}}
    properties |= {option: _option(option, kind) for option in kind.options}
    properties["on_bad"] = {"enum": list(get_args(OnBad))}
    if kind.subjects:
        properties["subject"] = {"anyOf": [_TEXT, {**_map(_TEXT), "minProperties": 1, "maxProperties": 1}]}
    if kind.parts == "each":
        properties["each"] = {"$ref": "#/$defs/leaf"}
        return _closed(properties, ["mask", "each"])
    if kind.parts:
        names = {"propertyNames": {"pattern": _PATH}} if kind.parts == "paths" else {}
        properties[kind.parts] = {**_map({"$ref": "#/$defs/leaf"}), **names}
        properties["rest"] = {"enum": list(get_args(Rest))}
    return _closed(properties, ["mask"])


def _option(name: str, kind: type[Masker]) -> dict[str, Any]:
    listed = {"type": "array", "items": _SCALAR}
    shape = {"anyOf": [_SCALAR, listed]} if name in kind.lists else _SCALAR
    return {**shape, "description": kind.options[name]}


def _table() -> dict[str, Any]:
    columns = _map({"$ref": "#/$defs/decision"})
    return {
        "anyOf": [
            {**_closed({"rows": {"$ref": "#/$defs/rows"}, "columns": columns}, []), "minProperties": 1},
            _closed({"skip": {**_REASON, "description": "why the whole relation is left out"}}, ["skip"]),
        ]
    }


def _rows() -> dict[str, Any]:
    number = {"type": "number", "exclusiveMinimum": 0, "maximum": 100}
    percent = {"anyOf": [number, {"type": "string", "pattern": _NUMBER}]}  # in quotes it is the same
    return {
        "anyOf": [
            {"enum": ["all", "none"]},
            _closed({"where": {**_TEXT, "description": "an SQL condition"}}, ["where"]),
            _closed({"percent": percent, "seed": _SCALAR}, ["percent"]),
        ]
    }


def _reference() -> dict[str, Any]:
    leaf = _closed({"column": _TEXT, "path": {"type": "string", "pattern": _PATH}}, ["column", "path"])
    when = {"type": "object", "additionalProperties": _SCALAR, "minProperties": 1, "maxProperties": 1}
    return _closed({"from": {"anyOf": [_TEXT, leaf]}, "to": _TEXT, "when": when}, ["from", "to"])


def text() -> str:
    """The schema as the file has it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
