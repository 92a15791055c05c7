"""Sample rows for written reports: of a changed row what differs, of others the start of the row.

They come from the clone: what was masked stays masked, and its column says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stagecopy.report.papers import told

MOST_COLUMNS = 12
_LONGEST = 120
_KEY = 200

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the row; a side that has no such row or no such column is None."""

    name: str
    before: str | None
    after: str | None
    masked: bool


@dataclass(frozen=True, slots=True)
class SampleRow:
    """``what`` is removed, added or changed; ``more`` counts the columns that are left out."""

    what: str
    key: str
    fields: Sequence[Field]
    more: int


def sample_row(sample: Mapping[str, Any], masked: Sequence[str]) -> SampleRow:
    """One sample of the document."""
    before, after, key = sample["before"], sample["after"], sample["key"] or {}
    names = _names(before, after, key)
    fields = [
        Field(told(name, _LONGEST), _side(before, name), _side(after, name), name in masked)
        for name in names[:MOST_COLUMNS]
    ]
    what = "removed" if after is None else "added" if before is None else "changed"
    said = ", ".join(f"{name}={_value(value)}" for name, value in key.items())
    return SampleRow(what, told(said, _KEY), fields, max(0, len(names) - MOST_COLUMNS))


def _names(before: Row | None, after: Row | None, key: Row) -> list[str]:
    if before is None or after is None:
        return [name for name in (before or after or {}) if name not in key]
    return [name for name in {**before, **after} if _side(before, name) != _side(after, name)]


def _side(row: Row | None, name: str) -> str | None:
    return _value(row[name]) if row is not None and name in row else None


def _value(value: Any) -> str:
    return "NULL" if value is None else told(f"'{value}'" if value in ("", "NULL") else value, _LONGEST)
