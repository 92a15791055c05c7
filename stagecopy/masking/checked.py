"""What the rules make of every table and column, judged or not: the answer of `masks check`."""

from __future__ import annotations

from dataclasses import dataclass

from stagecopy.errors import StagecopyError
from stagecopy.masking.classify import ruled_tables
from stagecopy.masking.coverage import Coverage
from stagecopy.masking.odds import Collision
from stagecopy.masking.rules import KEEP
from stagecopy.model.catalog import Catalog, Column, Table
from stagecopy.model.drift import Drift, KeptPersonal


@dataclass(frozen=True, slots=True)
class CheckedColumn:
    """What one column becomes. ``rule`` is None where nothing covers it; ``by`` is the kind of entry."""

    name: str
    type: str
    rule: str | None
    mask: str | None
    where: str | None
    by: str | None


@dataclass(frozen=True, slots=True)
class CheckedTable:
    """What one table becomes. ``action`` is copy, subset, empty or skip; ``rows`` is production's own estimate."""

    name: str
    action: str
    rows: int
    columns: tuple[CheckedColumn, ...]

    def count(self, *, masked: bool) -> int:
        """How many columns are masked, or kept."""
        return sum(each.mask is not None and (each.mask != KEEP) is masked for each in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """All that was found; ``error`` is what a refresh would stop with."""

    error: StagecopyError | None
    tables: tuple[CheckedTable, ...]
    problems: tuple[str, ...]
    unclassified: tuple[str, ...]
    yaml: str | None
    collisions: tuple[Collision, ...]
    kept: tuple[KeptPersonal, ...]
    drift: tuple[Drift, ...] | None


def checked_tables(coverage: Coverage) -> tuple[CheckedTable, ...]:
    """Every table that needs rules, in catalog order."""
    return tuple(_table(coverage, each) for each in ruled_tables(coverage.catalog))


def _table(coverage: Coverage, table: Table) -> CheckedTable:
    columns = table.copied_columns if coverage.copied(table) else ()
    rows = sum(max(0, each.estimated_rows) for each in _parts(coverage.catalog, table))
    made = tuple(_column(coverage, table, each) for each in columns)
    return CheckedTable(table.qualified, coverage.action(table), rows, made)


def _parts(catalog: Catalog, table: Table) -> list[Table]:
    """The table, or the partitions that hold its rows."""
    if table.kind != "p":
        return [table]
    below = [each for each in catalog.tables if each.parent_oid == table.oid]
    return [part for each in below for part in _parts(catalog, each)]


def _column(coverage: Coverage, table: Table, column: Column) -> CheckedColumn:
    place = (table.oid, column.attnum)
    chosen = coverage.chosen.get(place)
    if chosen is None:
        return CheckedColumn(column.name, column.type, None, None, None, None)
    decision = chosen.decision
    own, origin = coverage.own.get(place), coverage.origin(decision)
    by = "key" if own is None or own.decision is not decision else origin.kind if origin else None
    said = f"keep: {decision.reason}" if decision.mask == KEEP else decision.text
    return CheckedColumn(column.name, column.type, said, decision.mask, decision.where, by)
