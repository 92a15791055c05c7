"""Masking rules as values: what a user decided, and in which line.

Reading the files is ``loader``'s work, choosing the rule of a column is ``matching``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from stagecopy.masking.identifiers import Part, TableName

KEEP = "keep"
Rows = Literal["all", "none"]
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to a column: a mask with its options, or ``keep`` with a reason."""

    mask: str
    where: str
    options: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    reason: str | None = None

    def agrees(self, other: Decision) -> bool:
        """Whether both do the same; the reason of a keep does not count."""
        return self.mask == other.mask and dict(self.options) == dict(other.options)

    @property
    def text(self) -> str:
        """For messages: ``mask: shift_date, days: 30``."""
        if self.mask == KEEP:
            return KEEP
        return ", ".join([f"mask: {self.mask}", *(f"{name}: {value}" for name, value in sorted(self.options.items()))])


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """One entry under ``columns:``."""

    column: Part
    decision: Decision


@dataclass(frozen=True, slots=True)
class TableRule:
    """One entry under ``tables:``. ``rows`` and ``skip`` are None where the entry says nothing about them."""

    text: str
    name: TableName
    where: str
    rows: Rows | None = None
    rows_where: str = ""
    skip: str | None = None
    columns: tuple[ColumnRule, ...] = ()


@dataclass(frozen=True, slots=True)
class PatternRule:
    """One entry under ``patterns:``: globs that must all match."""

    globs: Mapping[str, str]
    decision: Decision


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a folder, files in sorted order."""

    tables: tuple[TableRule, ...] = ()
    patterns: tuple[PatternRule, ...] = ()
    files: tuple[str, ...] = ()
