"""Masking rules as values: what a user decided, and in which line.

Reading the files is ``loader``'s work, choosing the rule of a column is ``matching``'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from stagecopy.masking.identifiers import Part, TableName, quote

KEEP = "keep"
OnBad = Literal["fail", "null", "redact"]
Rest = Literal["keep", "redact", "fail"]
_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_PATHS: Mapping[str, Decision] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Subset:
    """Some rows of a table: those *where* is true for, or *percent* of them, chosen by their keys under *seed*."""

    where: str | None = None
    percent: float | None = None
    seed: str = "0"


Rows = Literal["all", "none"] | Subset


@dataclass(frozen=True, slots=True)
class SubjectOf:
    """Whose value it is: the subject's name, and the column that says who, where a table has several."""

    name: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to a column: a mask with its options, or ``keep`` with a reason.

    ``paths`` and ``rest`` belong to masks of documents: what happens to each leaf, and to all that no path names.
    """

    mask: str
    where: str
    options: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    reason: str | None = None
    subject: SubjectOf | None = None
    on_bad: OnBad = "redact"
    paths: Mapping[str, Decision] = field(default_factory=lambda: _NO_PATHS)
    rest: Rest = "fail"

    def agrees(self, other: Decision) -> bool:
        """Whether both do the same; the reason of a keep does not count, nor where it stands."""
        return self.effect == other.effect

    @property
    def effect(self) -> tuple[object, ...]:
        """All that decides what the column becomes."""
        leaves = {path: leaf.effect for path, leaf in self.paths.items()}
        return self.mask, dict(self.options), self.subject, self.on_bad, leaves, self.rest

    @property
    def personal(self) -> Iterator[Decision]:
        """This one and those of its parts that go by a subject."""
        if self.subject:
            yield self
        for part in self.paths.values():
            yield from part.personal

    @property
    def text(self) -> str:
        """For messages: ``mask: shift_date, days: 30``."""
        if self.mask == KEEP:
            return KEEP
        said = [f"mask: {self.mask}", *(f"{name}: {value}" for name, value in sorted(self.options.items()))]
        if self.subject:
            said.append(f"subject: {self.subject.name}")
        return ", ".join(said)


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
class ColumnRef:
    """A column that rules speak about, or a leaf of the document in it: ``path`` is ``$.user_id``."""

    table: TableName
    column: str
    path: str | None = None

    @property
    def text(self) -> str:
        """As a rule file spells it."""
        name = f"{self.table.text}.{quote(self.column)}"
        return f"{name} {self.path}" if self.path else name


@dataclass(frozen=True, slots=True)
class Reference:
    """A key that production does not declare. ``when``: only in rows where that column has that value."""

    source: ColumnRef
    target: ColumnRef
    where: str
    when: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of person: ``key`` of ``table`` tells them apart."""

    name: str
    table: TableName
    key: str
    where: str


@dataclass(frozen=True, slots=True)
class LargeObjects:
    """``large_objects:``, by which they come along, and why they may."""

    reason: str
    where: str


@dataclass(frozen=True, slots=True)
class Pack:
    """Rules for tables that a framework makes, shipped with the program. Own rules win."""

    name: str
    tables: tuple[TableRule, ...] = ()
    patterns: tuple[PatternRule, ...] = ()
    references: tuple[Reference, ...] = ()
    subjects: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a folder, files in sorted order, and the packs they use, in the order named.

    ``large_objects``: None leaves them in production.
    """

    tables: tuple[TableRule, ...] = ()
    patterns: tuple[PatternRule, ...] = ()
    files: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    subjects: tuple[Subject, ...] = ()
    packs: tuple[Pack, ...] = ()
    large_objects: LargeObjects | None = None
