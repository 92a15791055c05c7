"""What production may lose at most: what the expectation announces, else what the trial showed.

Surprising: names are those of before the migration, and a partition's losses count for its whole tree: which leaf a
row lies in differs from day to day. Of a table without a key only added and removed rows are known, so each removed
one may have been one that lost a value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import Difference, TableChange
from stagecopy.model.guard import TableLimit
from stagecopy.safety.expectation import Expectation, Span
from stagecopy.safety.mentions import Name

_NOTHING = Span()


@dataclass(frozen=True, slots=True)
class Touched:
    """What a run in one transaction held: tables it had locked for more than reading, rows deleted by table if known.

    ``roots``: of every table that was there before, the top of its partition tree.
    """

    tables: Collection[Name]
    deleted: Mapping[Name, int] | None
    roots: Mapping[Name, Name]


@dataclass(slots=True)
class _Sum:
    """The tables of one partition tree, added up."""

    removed: int | None = 0
    happened: int = 0
    lost: dict[str, int | None] = field(default_factory=dict)
    others: int | None = 0

    def add(self, table: TableChange, expectation: Expectation | None, old_names: Mapping[str, str]) -> None:
        removed, back = _rows(table, expectation)
        self.happened += table.removed
        if table.keyless and removed is not None:
            self.others = _plus(self.others, removed)
            removed = max(0, removed - back)
        self.removed = _plus(self.removed, removed)
        for column, most in _columns(table, expectation):
            name = old_names.get(column, column)
            self.lost[name] = _plus(self.lost.get(name, 0), most)


def limits(difference: Difference, touched: Touched, expectation: Expectation | None) -> tuple[TableLimit, ...]:
    """One for every table that the migration changed or held, by schema and name."""
    sums: dict[Name, _Sum] = defaultdict(_Sum)
    for name in touched.tables:
        sums[name]
    reshaped = {each.table for each in difference.schema if each.table}
    for table in difference.tables:
        before = touched.roots.get(_before(table, touched.roots))
        if before is None or table.derived or table.change == "created":
            continue
        if before in sums or table.touched or table.name in reshaped:
            sums[before].add(table, expectation, _old_names(table, difference))
    deleted = touched.deleted
    return tuple(
        TableLimit(
            *name,
            each.removed,
            each.lost,
            each.others,
            deletes=deleted is not None and deleted.get(name, 0) == each.happened,
        )
        for name, each in sorted(sums.items())
        if not is_bookkeeping(*name)
    )


def _before(table: TableChange, known: Mapping[Name, Name]) -> Name:
    """Schema and name before the migration; a dot may be part of either."""
    if table.renamed_from is None:
        return table.schema, table.table
    old = table.renamed_from
    return next((name for name in known if ".".join(name) == old), (table.schema, table.table))


def _old_names(table: TableChange, difference: Difference) -> dict[str, str]:
    """Of columns that have another name now, the one they had."""
    old_table = table.renamed_from or table.name
    return {
        each.name.removeprefix(f"{table.name}."): (each.before or "").removeprefix(f"{old_table}.")
        for each in difference.schema
        if (each.kind, each.change, each.table) == ("column", "renamed", table.name)
    }


def _rows(table: TableChange, expectation: Expectation | None) -> tuple[int | None, int]:
    """How many may go at most, and how many come at least."""
    if expectation is None:
        return table.removed, table.added
    rows = expectation.of(table).rows
    return rows.get("removed", _NOTHING).most, rows.get("added", _NOTHING).least


def _columns(table: TableChange, expectation: Expectation | None) -> Iterator[tuple[str, int | None]]:
    named = expectation.of(table).columns if expectation else None
    if named is None:
        yield from ((name, column.lost) for name, column in table.columns.items() if column.lost)
    else:
        yield from ((name, counts["lost"].most) for name, counts in named.items() if "lost" in counts)


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
