"""Turns one pair of relations into a TableChange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import polars as pl
import psycopg

from stagecopy.diff.closer import looked_closer
from stagecopy.diff.filled import added_columns, count_values, dropped_columns
from stagecopy.diff.matching import ColumnMatch, RelationPair, match_columns
from stagecopy.diff.pairing import no_rows
from stagecopy.diff.parts import Reading, parts_of
from stagecopy.diff.plan import Planner, Servers, TablePlan
from stagecopy.diff.proof import Decision, Proof
from stagecopy.diff.rows import RowComparison, RowEffect
from stagecopy.diff.samples import pick
from stagecopy.diff.tally import ColumnTally
from stagecopy.errors import StagingError
from stagecopy.model.change import ColumnChange, TableChange
from stagecopy.postgres.failures import describe


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
        derived=all(each.kind == "m" for each in (pair.before, pair.after) if each),
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

    def __init__(self, servers: Servers, samples: int, proof: Proof, known: Mapping[int, int]) -> None:
        self._servers = servers
        self._samples = samples
        self._proof = proof
        self._known = known  # rows of the before side by OID

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
            change = looked_closer(self._servers, result.plan, result.tally, result.change)
        return replace(change, samples=tuple(samples))

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
        decision = self._proof.decide(pair, (self._servers.before, self._servers.after))
        if not any(each.retyped for each in match.pairs):
            return self._run(Planner(self._servers), pair, match, decision)
        try:
            with self._servers.before.transaction(), self._servers.after.transaction():
                return self._run(Planner(self._servers), pair, match, decision)
        except psycopg.DataError:  # a value that the common type refuses: compare what the types print instead
            return self._run(Planner(self._servers, plain=True), pair, match, decision)

    def _run(self, planner: Planner, pair: RelationPair, match: ColumnMatch, decision: Decision) -> TableResult:
        plan = planner.plan(pair, match)
        reading = self._reading(planner, plan, decision)
        leaf = any(each is not None and each.root is not None for each in (pair.before, pair.after))
        effect = RowComparison(self._servers, plan, samples=self._samples, keep_keys=leaf).run(reading)
        change = replace(
            _blank(pair),
            rows_before=effect.rows_before,
            rows_after=effect.rows_after,
            removed=effect.removed,
            added=effect.added,
            changed=effect.changed,
            columns=self._columns(plan, effect, reading),
            keyless=plan.key is None,
            method=reading.decision.method,
            because=reading.decision.because,
        )
        gone, come = (pl.concat([no_rows(), *frames]) for frames in (effect.removed_rows, effect.added_rows))
        return TableResult(pair, change, plan, effect.tally, gone, come)

    def _reading(self, planner: Planner, plan: TablePlan, decision: Decision) -> Reading:
        """What is read of a table that both sides have, and how many rows it had."""
        doubtful = () if decision.method == "full" else self._proof.doubtful(plan.pair, plan.match)
        if doubtful and plan.key is None:
            decision, doubtful = Decision("full", "no key tells whose values read differently"), ()
        if doubtful:
            names = ", ".join(each.after.name for each in doubtful)
            decision = replace(decision, method="blocks", because=f"{decision.because}; of all rows {names}")
        parts = parts_of(planner, plan, decision, doubtful)
        if decision.method == "full" or plan.pair.before is None:
            return Reading(decision, parts)
        rows = self._known.get(plan.pair.before.oid)
        if rows is None:
            rows, _ = count_values(self._servers.before, plan.pair.before, ())
        return Reading(decision, parts, rows)

    def _columns(self, plan: TablePlan, effect: RowEffect, reading: Reading) -> dict[str, ColumnChange]:
        counted = {each.after.name: effect.tally.counts(index) for index, each in enumerate(plan.match.pairs)}
        kept = {name: counts for name, counts in counted.items() if counts.changed}
        return merged(
            _retyped(plan.match),
            kept,
            added_columns(self._servers, plan, effect, (reading, self._proof.after)),
            dropped_columns(self._servers, plan, effect),
        )
