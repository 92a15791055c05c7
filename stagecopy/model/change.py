"""What a migration did: rows, values and schema, as the diff found it. Pure values, ready for policy and reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

TableFate = Literal["created", "dropped", "replaced"]
Method = Literal["untouched", "blocks", "full"]
SchemaVerb = Literal["added", "dropped", "changed", "renamed"]
NEARLY_USED = 0.8  # of the numbers that a sequence and its column can hold
SCHEMA_VERBS = ("added", "dropped", "changed", "renamed")
# The closed list of the interface: what else there is goes by the nearest of these.
SCHEMA_KINDS = (
    *("table", "column", "default", "index", "constraint", "view", "matview", "function", "trigger", "policy"),
    *("grant", "enum", "domain", "sequence", "extension", "comment", "role", "setting"),
)


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """Counts over rows that exist on both sides; ``lost`` = a value before, none (or no column) after."""

    changed: int = 0
    null_to_value: int = 0
    value_to_null: int = 0
    value_to_value: int = 0
    lost: int = 0
    type_from: str | None = None
    type_to: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnDetail:
    """What a closer look found of one column that changed; None and 0 also where it was too large to look at.

    ``filling`` of an added column: no value, the same in every row, or values of their own.
    """

    distinct: int | None = None  # of a dropped column
    emptied: int = 0  # of ``lost``, those that were empty strings
    largest: str | None = None  # the largest change that a new type made, with its unit
    uniform: bool = False  # every change is as large
    shortened: int = 0  # texts that a new type cut
    filling: Literal["null", "same", "own"] | None = None
    collided: int = 0  # values that are no longer different from all others
    collisions: tuple[str, ...] = ()  # keys of the first of them
    keys_lost: int = 0  # documents of which jsonb kept only the last of equal keys


@dataclass(frozen=True, slots=True)
class Sample:
    """One changed row. ``before`` is None for an added row, ``after`` for a removed one; values are text or None."""

    key: dict[str, str | None] | None
    before: dict[str, str | None] | None
    after: dict[str, str | None] | None


@dataclass(frozen=True, slots=True)
class TableChange:
    """What happened to one table. ``name`` is the after side's schema.table (the before side's when dropped)."""

    schema: str
    table: str
    rows_before: int | None
    rows_after: int | None
    renamed_from: str | None = None
    change: TableFate | None = None
    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: int = 0
    columns: dict[str, ColumnChange] = field(default_factory=dict)
    method: Method = "full"
    samples: tuple[Sample, ...] = ()
    keyless: bool = False  # without a usable key only added and removed can be told
    because: str = ""  # why this method
    details: dict[str, ColumnDetail] = field(default_factory=dict)
    derived: bool = False  # a materialised view: its rows can be made again
    swapped: tuple[tuple[str, str, int], ...] = ()  # two columns, and rows in which they traded values

    @property
    def name(self) -> str:
        """schema.table as in the catalog."""
        return f"{self.schema}.{self.table}"

    @property
    def touched(self) -> bool:
        """Whether rows or values differ."""
        return bool(self.change or self.added or self.removed or self.changed or self.moved or self.columns)


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One difference of the schema. ``table`` names the table it belongs to (after side), if any."""

    kind: str  # table column default index constraint view …
    change: SchemaVerb
    name: str
    before: str | None = None
    after: str | None = None
    table: str | None = None

    def document(self) -> dict[str, Any]:
        """The member of ``schema`` in trial's JSON."""
        return {"kind": self.kind, "change": self.change, "name": self.name, "from": self.before, "to": self.after}


@dataclass(frozen=True, slots=True)
class SequenceChange:
    """A sequence that moved, whose column changed, or that is nearly used up.

    Numbers are those it would give next; None = it is not there.

    ``greatest`` is what stands in the column it feeds (the least, for a falling one), ``limit`` the last number that
    sequence and column can hold, ``was_behind`` whether it would have given a number of the column before, too.
    """

    name: str
    before: int | None
    after: int | None
    increment: int = 1
    column: str | None = None  # schema.table.column
    unique: bool = False
    greatest: int | None = None
    limit: int | None = None
    was_behind: bool = False
    beside: bool = False  # the migration has nothing to do with it or its column, but few numbers are left

    @property
    def behind(self) -> bool:
        """Whether the numbers it gives next stand in its column already."""
        if self.after is None or self.greatest is None:
            return False
        return self.after <= self.greatest if self.increment > 0 else self.after >= self.greatest

    def document(self) -> dict[str, Any]:
        """The member of ``sequences`` in trial's JSON."""
        return {
            "name": self.name,
            "from": self.before,
            "to": self.after,
            "column": self.column,
            "greatest": self.greatest,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """The whole effect of a migration on one database."""

    tables: tuple[TableChange, ...]
    schema: tuple[SchemaChange, ...]
    sequences: tuple[SequenceChange, ...] = ()
    all_full: str | None = None  # why every table was compared in full, where no log could tell what was written
