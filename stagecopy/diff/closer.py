"""A closer look at columns that changed: what a count of changed values does not tell.

Surprising: it reads whole columns, so tables beyond a size are left alone; their counts stand without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import psycopg
from psycopg import sql

from stagecopy.diff.matching import ColumnPair
from stagecopy.diff.plan import Servers, TablePlan, value_digest
from stagecopy.diff.tally import ColumnTally, Measured
from stagecopy.model.change import ColumnDetail, TableChange
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.diffcatalog import ComparedColumn
from stagecopy.postgres.diffrows import source_of
from stagecopy.postgres.valuefacts import all_differ, distinct_values, documents_cut, shared_values
from stagecopy.postgres.valueforms import family, reference, sent_form

T = TypeVar("T")
_MOST_PAGES, _FEW_PAGES = 20_000, 1_000  # 160 and 8 MB: a second, and next to nothing
_MUCH = 0.01  # of a table's rows: then reading a column in full no longer counts
_UNITS = ((86_400.0, 2, "days"), (3_600.0, 1, "h"), (60.0, 1, "min"))


def looked_closer(servers: Servers, plan: TablePlan, tally: ColumnTally, change: TableChange) -> TableChange:
    """*change* with what was found beside its counts."""
    names = [each.after.name for each in plan.match.pairs]
    found = _Look(servers, plan, tally, change).details()
    swapped = tuple((names[i], names[j], tally.counts(i).changed) for i, j in tally.swaps)
    return replace(change, details={name: each for name, each in found if each != ColumnDetail()}, swapped=swapped)


@dataclass(frozen=True, slots=True)
class _Look:
    servers: Servers
    plan: TablePlan
    tally: ColumnTally
    change: TableChange

    def details(self) -> Iterator[tuple[str, ColumnDetail]]:
        """By name, for every column that changed, came or went."""
        columns = self.change.columns
        for index, pair in enumerate(self.plan.match.pairs):
            if pair.after.name in columns:
                yield pair.after.name, self._of_pair(pair, index)
        for column in self.plan.match.dropped:
            if column.name in columns and columns[column.name].lost:
                distinct = self._distinct(column, after=False, pages=_MOST_PAGES)
                yield column.name, ColumnDetail(distinct=distinct)
        for column in self.plan.match.added:
            if column.name not in columns or not columns[column.name].null_to_value:
                yield column.name, ColumnDetail(filling="null")
            elif (distinct := self._distinct(column, after=True, pages=_FEW_PAGES)) is not None:
                yield column.name, ColumnDetail(filling="same" if distinct == 1 else "own")

    def _distinct(self, column: ComparedColumn, *, after: bool, pages: int) -> int | None:
        form = value_digest(column, sent_form(column), self.servers.seeds[3])
        return self._asked(lambda side, source: distinct_values(side, source, form), after=after, pages=pages)

    def _asked(self, ask: Callable[[Connection, sql.Composable], T], *, after: bool, pages: int) -> T | None:
        """The answer of one side; None where the table is too large, or a value makes the question fail."""
        pair = self.plan.pair
        relation = pair.after if after else pair.before
        if relation is None or max(each.pages for each in (pair.before, pair.after) if each) > pages:
            return None
        side = self.servers.after if after else self.servers.before
        source = source_of(relation.schema, relation.name, with_partitions=relation.kind == "p")
        try:
            with side.transaction():
                return ask(side, source)
        except psycopg.DataError:
            return None

    def _of_pair(self, pair: ColumnPair, index: int) -> ColumnDetail:
        detail = ColumnDetail(emptied=self.tally.emptied(index))
        if (measured := self.tally.measured.get(index)) is not None:
            detail = _with_measure(detail, measured)
        old = reference(pair.before)
        if (pair.before.base, pair.after.base) == ("json", "jsonb"):
            cut = self._asked(lambda side, source: documents_cut(side, source, old), after=False, pages=_FEW_PAGES)
            detail = replace(detail, keys_lost=cut or 0)
        if self._may_collide(pair) and (self.tally.counts(index).value_to_value or pair.retyped):
            detail = self._with_collisions(pair, detail)
        return detail

    def _may_collide(self, pair: ColumnPair) -> bool:
        """Text that no index of the after side keeps unique by itself."""
        text = family(pair.after) == "text" and pair.after.base != "enum" and family(pair.before) == "text"
        keys = self.plan.pair.after.keys if self.plan.pair.after else ()
        return text and (pair.after.attnum,) not in keys

    def _with_collisions(self, pair: ColumnPair, detail: ColumnDetail) -> ColumnDetail:
        """Values that were different from all others and are no longer."""
        much = self.change.changed >= _MUCH * (self.change.rows_before or 0)
        pages = _MOST_PAGES if much else _FEW_PAGES
        old, new = reference(pair.before), reference(pair.after)
        key = self.plan.key[0].after if self.plan.key else None
        if not key or not self._asked(lambda side, source: all_differ(side, source, old), after=False, pages=pages):
            return detail
        shown: sql.Composable = reference(key)
        if key.base not in ("int2", "int4", "int8"):
            shown = sql.SQL("pg_catalog.left(pg_catalog.concat({}), 40)").format(shown)
        found = self._asked(lambda side, source: shared_values(side, source, new, shown), after=True, pages=pages)
        rows, keys = found or (0, ())
        return replace(detail, collided=rows, collisions=tuple(f"{key.name} {each}" for each in keys))


def _with_measure(detail: ColumnDetail, measured: Measured) -> ColumnDetail:
    uniform = measured.values > 1 and measured.largest == measured.smallest and not measured.partial
    if measured.kind == "text":
        largest = f"{measured.largest:.0f} character" + ("" if measured.largest == 1 else "s")
    else:
        largest = _span(measured.largest) if measured.kind == "time" else _number(measured.largest)
    if measured.partial:
        return replace(detail, largest=f"{largest} or more ({measured.values:,} of them looked at)")
    return replace(detail, largest=largest, uniform=uniform, shortened=measured.shortened)


def _number(size: float) -> str:
    return f"{size:,.0f}" if size >= 1000 else f"{size:.3g}"


def _span(seconds: float) -> str:
    for size, least, unit in _UNITS:
        if seconds >= size * least:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
