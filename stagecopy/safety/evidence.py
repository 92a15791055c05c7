"""What the rules look at: the difference, the run and the limits that hold for each table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from stagecopy.model.application import Application
from stagecopy.model.change import ColumnChange, Difference, SchemaChange, TableChange
from stagecopy.model.effects import Effects
from stagecopy.model.impact import Impact
from stagecopy.model.interruption import Interruptions
from stagecopy.model.migration import MigrationRun
from stagecopy.model.rollback import Rollback
from stagecopy.safety.waivers import Waiver

Strictness = Literal["off", "warn", "error"]


@dataclass(frozen=True, slots=True)
class TablePolicy:
    """Limits of one table; None takes the general one."""

    rows_lost_rows: int | None = None
    rows_lost_percent: float | None = None
    values_lost_rows: int | None = None
    exclusive_lock_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What is tolerated. Rows: an error above ``rows`` or above ``percent``, so 0 in either means none at all."""

    rows_lost_rows: int = 0
    rows_lost_percent: float = 0.0
    values_lost_rows: int = 0
    exclusive_lock_seconds: float = 2.0
    timing: Strictness = "warn"
    rollback: Strictness = "warn"
    tables: Mapping[str, TablePolicy] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()

    def tolerates_rows(self, table: TableChange) -> bool:
        """Whether the rows this table lost stay within both limits."""
        own = self._own(table)
        rows = self.rows_lost_rows if own.rows_lost_rows is None else own.rows_lost_rows
        percent = self.rows_lost_percent if own.rows_lost_percent is None else own.rows_lost_percent
        before = table.rows_before or table.removed
        return table.removed <= rows and 100 * table.removed <= percent * before

    def tolerates_values(self, table: TableChange, lost: int) -> bool:
        """Whether so many lost values of one column stay within the limit."""
        own = self._own(table)
        return lost <= (self.values_lost_rows if own.values_lost_rows is None else own.values_lost_rows)

    def longest_lock(self, relation: str) -> float:
        """Seconds that others may be kept from *relation*, named as before the migration."""
        own = self.tables.get(relation, TablePolicy()).exclusive_lock_seconds
        return self.exclusive_lock_seconds if own is None else own

    def _own(self, table: TableChange) -> TablePolicy:
        found = self.tables.get(table.name)
        if found is None and table.renamed_from is not None:
            found = self.tables.get(table.renamed_from)
        return found if found is not None else TablePolicy()


@dataclass(frozen=True, slots=True)
class WayBack:
    """What was tried beside the migration itself: its rollback, deployments that die in the middle, others about."""

    rollback: Rollback | None = None
    interruptions: Interruptions | None = None
    impact: Impact | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One trial as the rules see it."""

    difference: Difference
    run: MigrationRun
    policy: Policy
    effects: Effects = field(default_factory=Effects)
    back: WayBack = field(default_factory=WayBack)
    application: Application | None = None
    _schema: dict[tuple[str, str, str | None], list[SchemaChange]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def rollback(self) -> Rollback | None:
        """The proof of the rollback, if one was tried."""
        return self.back.rollback

    def tables(self) -> Iterator[TableChange]:
        """All but materialised views, whose rows can be made again."""
        return (table for table in self.difference.tables if not table.derived)

    def standing(self) -> Iterator[TableChange]:
        """Tables that exist on both sides, in place or by replacement."""
        return (table for table in self.tables() if table.change in (None, "replaced"))

    def schema(self, kind: str, change: str, *, table: str | None = None) -> Iterator[SchemaChange]:
        """Schema changes of one kind and verb, of one table if named."""
        if not self._schema:  # asked for every table: thousands of changes are sorted once
            for each in self.difference.schema:
                for place in {None, each.table}:
                    self._schema.setdefault((each.kind, each.change, place), []).append(each)
        return iter(self._schema.get((kind, change, table), ()))

    def dropped_columns(self, table: TableChange) -> Iterator[tuple[str, ColumnChange, SchemaChange]]:
        """Columns that a standing table no longer has: name, counts, schema change."""
        names = [table.name]
        if table.renamed_from and table.renamed_from not in {each.name for each in self.difference.tables}:
            names.append(table.renamed_from)
        for each in (change for name in names for change in self.schema("column", "dropped", table=name)):
            name = local_name(each)
            yield name, table.columns.get(name, ColumnChange()), each


def local_name(change: SchemaChange) -> str:
    """The name inside its table, or inside its schema: ``email`` of ``public.users.email``."""
    if change.table is not None:
        for prefix in (f"{change.table}.", f"{change.table.split('.', 1)[0]}."):
            if change.name.startswith(prefix):
                return change.name.removeprefix(prefix)
    return change.name.rsplit(".", 1)[-1]
