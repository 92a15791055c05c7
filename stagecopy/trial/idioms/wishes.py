"""Turns the flags of `migration new` into a wish: names split and checked, pieces of SQL held to be one piece each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stagecopy.errors import UsageError
from stagecopy.masking.identifiers import Part, parse_column_of, parse_table
from stagecopy.model.drafting import Wish
from stagecopy.trial.idioms.names import checked, fragment

_PLAIN = {"to": "to", "key": "key", "called": "constraint"}
_SQL = {"old-type": "old_type", "default": "default", "key-type": "key_type", "value": "value", "check": "check"}


def wish_of(name: str, given: Mapping[str, Any]) -> Wish:
    """*given*: flags without dashes, only those that were. Raises UsageError."""
    found: dict[str, Any] = {
        field: checked(given[flag], f"--{flag}") for flag, field in _PLAIN.items() if flag in given
    }
    found |= {field: fragment(given[flag], f"--{flag}") for flag, field in _SQL.items() if flag in given}
    if "table" in given:
        found["schema"], found["table"] = _table(given["table"])
    if "references" in given:
        found["references"] = _references(given["references"])
    found |= {"not_null": "not-null" in given, "unique": "unique" in given}
    return Wish(name=name, columns=_columns(given), **found)


def _columns(given: Mapping[str, Any]) -> tuple[tuple[str, str | None], ...]:
    names = [checked(each, "--column") for each in given.get("column", [])]
    types: list[str | None] = [fragment(each, "--type") for each in given.get("type", [])]
    if types and len(types) != len(names):
        raise UsageError("idiom-flags", f"{len(names)} --column and {len(types)} --type: give one type for each column")
    return tuple(zip(names, types or [None] * len(names), strict=True))


def _table(text: str) -> tuple[str, str]:
    try:
        name = parse_table(text)
    except ValueError as failure:
        raise UsageError("no-sql-name", f"--table: {failure}") from failure
    return _exact(name.schema, "--table"), _exact(name.table, "--table")


def _references(text: str) -> tuple[str, str, str]:
    try:
        table, column = parse_column_of(text)
    except ValueError as failure:
        hint = "schema.table.column, such as public.plans.id"
        raise UsageError("no-sql-name", f"--references: {failure}", hint=hint) from failure
    return _exact(table.schema, "--references"), _exact(table.table, "--references"), checked(column, "--references")


def _exact(part: Part, flag: str) -> str:
    if part.glob:
        raise UsageError("no-sql-name", f"{flag}: {part.text!r} holds * or ?", hint="put such a name in double quotes")
    return checked(part.text, flag)
