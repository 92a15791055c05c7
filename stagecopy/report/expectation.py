"""A draft of NAME.expect.yaml: exactly what happened, for people to read, correct and commit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import yaml

from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import Difference, TableChange

_HEAD = """\
# What this migration is expected to do{}. `stagecopy trial` fails on anything beyond it.
# Numbers may be ranges: 5..10, 5.. or ..10. What is not listed is expected not to happen.
"""
_ROWS = ("removed", "added", "changed", "moved")
_VALUES = ("changed", "null_to_value", "lost")


def expectation_draft(difference: Difference, longest_lock: float | None = None) -> str:
    """The text of the file. A run that does the same meets it.

    *longest_lock*: seconds that others were kept out; time varies, so twice that, in whole seconds, is expected.
    """
    own = {each.name for each in difference.tables if is_bookkeeping(each.schema, each.table)}
    tables = {each.name: told for each in difference.tables if each.name not in own and (told := _table(each))}
    schema = [f"{each.kind} {each.change} {each.name}" for each in difference.schema if each.table not in own]
    document: dict[str, Any] = {"version": 1, "tables": tables, "schema": list(dict.fromkeys(schema))}
    if longest_lock is not None:
        document["lock"] = f"{max(1, math.ceil(2 * longest_lock))}s"
    return _text(document, ", drafted from a trial")


def expected_text(expected: Mapping[str, Any]) -> str:
    """The text of a file that says *expected*, of a migration that nobody has tried yet."""
    return _text({"version": 1, **expected}, "")


def _text(document: dict[str, Any], how: str) -> str:
    return _HEAD.format(how) + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000)


def _table(table: TableChange) -> dict[str, Any]:
    told: dict[str, Any] = {what: count for what in _ROWS if (count := getattr(table, what))}
    columns = {} if table.change in ("dropped", "created") else table.columns
    values = {
        name: counts
        for name, column in columns.items()
        if (counts := {what: count for what in _VALUES if (count := getattr(column, what))})
    }
    return told | ({"columns": values} if values else {})
