"""Turns one pair of relations into a TableChange."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import polars as pl
import psycopg

from stagecopy.diff.matching import ColumnMatch, RelationPair, match_columns
from stagecopy.diff.pairing import no_rows
from stagecopy.diff.plan import Planner, Servers, TablePlan
from stagecopy.diff.rows import RowComparison, RowEffect
from stagecopy.diff.samples import pick
from stagecopy.diff.tally import ColumnTally
from stagecopy.errors import StagingError
from stagecopy.model.change import ColumnChange, TableChange
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.diffcatalog import ComparedColumn, ComparedRelation
from stagecopy.postgres.diffrows import filled, source_of
from stagecopy.postgres.failures import describe
from stagecopy.postgres.valueforms import reference

_COUNTED_AT_ONCE = 1_000  # a query has at most 1,664 columns


@dataclass(slots=True)
class TableResult:
    """A change while moves between partitions are still to be found, and samples to be picked.

    ``vanished`` and ``appeared``: key digests and places, the first few; all of them for leaves.
    """

    pair: RelationPair
    change: TableChange
    plan: TablePlan | None = None
    tally: ColumnTally | None = None
    vanished: pl.DataFrame = field(default_factory=no_rows)
    appeared: pl.DataFrame = field(default_factory=no_rows)


@contextmanager
def table_failures(pair: RelationPair) -> Iterator[None]:
    """A read error inside the block becomes StagingError ``diff-failed`` that names the table."""
    try:
        yield
    except psycopg.Error as failure:
        name = pair.shown.qualified
        raise StagingError("diff-failed", f"cannot compare {name}: {describe(failure)}", where=name) from None


def count_values(
    connection: Connection, relation: ComparedRelation, columns: Sequence[ComparedColumn]
) -> tuple[int, dict[str, int]]:
    """Rows of a relation, and values in each of *columns*."""
    source = source_of(relation.schema, relation.name, with_partitions=relation.kind == "p")
    rows, counts = 0, dict[str, int]()
    for start in range(0, max(1, len(columns)), _COUNTED_AT_ONCE):
        some = columns[start : start + _COUNTED_AT_ONCE]
        rows, *values = filled(connection, source, [reference(column) for column in some])
        counts.update(zip((column.name for column in some), values, strict=True))
    return rows, counts


def _blank(pair: RelationPair) -> TableChange:
    shown = pair.shown
    renamed = pair.before is not None and pair.after is not None and pair.before.qualified != pair.after.qualified
    return TableChange(
        shown.schema,
        shown.name,
        rows_before=None,
        rows_after=None,
        renamed_from=pair.before.qualified if renamed and pair.before else None,
        change="replaced" if pair.replaced else ("created" if not pair.before else None if pair.after else "dropped"),
    )


def merged(*parts: dict[str, ColumnChange]) -> dict[str, ColumnChange]:
    """Changes by name. A dropped column whose name another one bears now shares its entry."""
    columns: dict[str, ColumnChange] = {}
    for name, change in (item for part in parts for item in part.items()):
        other = columns.get(name, ColumnChange())
        columns[name] = ColumnChange(
            changed=other.changed + change.changed,
            null_to_value=other.null_to_value + change.null_to_value,
            value_to_null=other.value_to_null + change.value_to_null,
            value_to_value=other.value_to_value + change.value_to_value,
            lost=other.lost + change.lost,
            type_from=change.type_from or other.type_from,
            type_to=other.type_to or change.type_to,
        )
    return columns


def _retyped(match: ColumnMatch) -> dict[str, ColumnChange]:
    return {
        each.after.name: ColumnChange(type_from=each.before.type, type_to=each.after.type)
        for each in match.pairs
        if each.before.type != each.after.type
    }


class TableComparer:
    """Compares tables of one run."""

    def __init__(self, servers: Servers, samples: int) -> None:
        self._servers = servers
        self._samples = samples

    def compare(self, pair: RelationPair) -> TableResult | None:
        """The result for one pair; None for a partitioned parent with nothing to say.

        Raises StagingError ``diff-failed`` when the table cannot be read.
        """
        with table_failures(pair):
            return self._compare(pair)

    def finished(self, result: TableResult) -> TableChange:
        """The change with its samples."""
        if result.plan is None or result.tally is None:
            return result.change
        with table_failures(result.pair):
            samples = pick(result.plan, result.tally, (result.vanished, result.appeared), self._samples)
        return replace(result.change, samples=tuple(samples))

    def _compare(self, pair: RelationPair) -> TableResult | None:
        before, after = pair.before, pair.after
        if any(each is not None and not each.populated for each in (before, after)):
            return TableResult(pair, self._unreadable(pair))
        if before is not None and after is not None:
            if before.kind == after.kind == "p":
                return self._partitioned(pair)
            return self._on_both(pair)
        if pair.shown.kind == "p":
            return TableResult(pair, _blank(pair))
        return TableResult(pair, self._on_one(pair))

    def _unreadable(self, pair: RelationPair) -> TableChange:
        """A materialised view that is not populated on a side has no rows there to compare."""
        rows: list[int | None] = []
        for each, connection in ((pair.before, self._servers.before), (pair.after, self._servers.after)):
            rows.append(count_values(connection, each, ())[0] if each is not None and each.populated else None)
        return replace(_blank(pair), rows_before=rows[0], rows_after=rows[1])

    def _partitioned(self, pair: RelationPair) -> TableResult | None:
        match = match_columns(pair)
        renamed = any(each.before.name != each.after.name for each in match.pairs)
        dropped = {column.name: ColumnChange(type_from=column.type) for column in match.dropped}
        added = {column.name: ColumnChange(type_to=column.type) for column in match.added}
        change = replace(_blank(pair), columns=merged(_retyped(match), added, dropped))
        told = change.columns or change.renamed_from or change.change or renamed
        return TableResult(pair, change) if told else None

    def _on_one(self, pair: RelationPair) -> TableChange:
        if pair.after is not None:
            rows, _ = count_values(self._servers.after, pair.after, ())
            return replace(_blank(pair), rows_after=rows, added=rows)
        assert pair.before is not None  # noqa: S101  # a pair has a side
        rows, counts = count_values(self._servers.before, pair.before, pair.before.columns)
        types = {column.name: column.type for column in pair.before.columns}
        columns = {name: ColumnChange(lost=count, type_from=types[name]) for name, count in counts.items()}
        return replace(_blank(pair), rows_before=rows, removed=rows, columns=columns)

    def _on_both(self, pair: RelationPair) -> TableResult:
        match = match_columns(pair)
        plan = Planner(self._servers).plan(pair, match)
        if not any(each.retyped for each in match.pairs):
            return self._run(plan)
        try:
            with self._servers.before.transaction(), self._servers.after.transaction():
                return self._run(plan)
        except psycopg.DataError:  # a value that the common type refuses: compare what the types print instead
            return self._run(Planner(self._servers, plain=True).plan(pair, match))

    def _run(self, plan: TablePlan) -> TableResult:
        pair = plan.pair
        leaf = any(each is not None and each.root is not None for each in (pair.before, pair.after))
        effect = RowComparison(self._servers, plan, samples=self._samples, keep_keys=leaf).run()
        change = replace(
            _blank(pair),
            rows_before=effect.rows_before,
            rows_after=effect.rows_after,
            removed=effect.removed,
            added=effect.added,
            changed=effect.changed,
            columns=self._columns(plan, effect),
            keyless=plan.key is None,
        )
        gone, come = (pl.concat([no_rows(), *frames]) for frames in (effect.removed_rows, effect.added_rows))
        return TableResult(pair, change, plan, effect.tally, gone, come)

    def _columns(self, plan: TablePlan, effect: RowEffect) -> dict[str, ColumnChange]:
        counted = {each.after.name: effect.tally.counts(index) for index, each in enumerate(plan.match.pairs)}
        kept = {name: counts for name, counts in counted.items() if counts.changed}
        return merged(_retyped(plan.match), kept, self._added(plan, effect), self._dropped(plan, effect))

    def _dropped(self, plan: TablePlan, effect: RowEffect) -> dict[str, ColumnChange]:
        """Columns that are gone, with the values they held in rows that stay.

        In all rows where no key tells which stay, and in a partition, whose rows may have moved to another one.
        """
        if not plan.match.dropped or plan.pair.before is None:
            return {}
        _, held = count_values(self._servers.before, plan.pair.before, plan.match.dropped)
        certain = plan.key is not None and plan.pair.before.root is None
        gone = effect.filled_in_removed if certain else [0] * len(plan.match.dropped)
        return {
            each.name: ColumnChange(lost=held[each.name] - with_their_row, type_from=each.type)
            for each, with_their_row in zip(plan.match.dropped, gone, strict=True)
        }

    def _added(self, plan: TablePlan, effect: RowEffect) -> dict[str, ColumnChange]:
        """Columns that are new, with their values in rows that are not (in all rows where no key tells which)."""
        if not plan.match.added or plan.pair.after is None:
            return {}
        _, values = count_values(self._servers.after, plan.pair.after, plan.match.added)
        new = [0] * len(plan.match.added) if plan.key is None else effect.filled_in_added
        return {
            each.name: ColumnChange(null_to_value=values[each.name] - filled_in_new, type_to=each.type)
            for each, filled_in_new in zip(plan.match.added, new, strict=True)
        }
