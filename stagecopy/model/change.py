"""What a migration did: rows, values and schema, as the diff found it. Pure values, ready for policy and reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

TableFate = Literal["created", "dropped", "replaced"]
Method = Literal["untouched", "blocks", "full"]
SchemaVerb = Literal["added", "dropped", "changed", "renamed"]


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
class Difference:
    """The whole effect of a migration on one database."""

    tables: tuple[TableChange, ...]
    schema: tuple[SchemaChange, ...]
