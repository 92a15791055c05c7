"""Compares the rows of one table, part by part: bucket sums first, then only the buckets that differ, pass by pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl
from psycopg import sql

from stagecopy.diff.measures import look
from stagecopy.diff.pairing import KEY, Effect, collect, pair_rows
from stagecopy.diff.parts import Part, Reading
from stagecopy.diff.plan import Servers, TablePlan, value_digest
from stagecopy.diff.tally import ColumnTally, batches, joined, parse, present_in
from stagecopy.postgres.diffcatalog import ComparedColumn
from stagecopy.postgres.diffrows import RowSide, bucket_sums, stream, values_at, within
from stagecopy.postgres.valueforms import sent_form

ROWS_PER_PASS = 400_000  # of each side; about 300 bytes each while they are joined
_SMALL_PAGES = 2_000
_FEW_BUCKETS, _MANY_BUCKETS = 1_024, 65_536


@dataclass(slots=True)
class RowEffect:
    """What happened to the rows of one table. Frames hold the first few rows, or all where moves must be found."""

    tally: ColumnTally
    rows_before: int = 0
    rows_after: int = 0
    removed: int = 0
    added: int = 0
    changed: int = 0
    filled_in_added: list[int] = field(default_factory=list)  # values of new columns in rows that are new themselves
    filled_in_removed: list[int] = field(default_factory=list)  # values of dropped columns in rows that are gone too
    removed_rows: list[pl.DataFrame] = field(default_factory=list)
    added_rows: list[pl.DataFrame] = field(default_factory=list)


def _passes(before: dict[int, tuple[int, str]], after: dict[int, tuple[int, str]]) -> Iterator[list[int]]:
    """Differing buckets, as many at once as fit into memory."""
    nothing = (0, "")
    chosen: list[int] = []
    rows = 0
    for bucket in sorted(before.keys() | after.keys()):
        mine, other = before.get(bucket, nothing), after.get(bucket, nothing)
        if mine == other:
            continue
        size = max(mine[0], other[0])
        if chosen and rows + size > ROWS_PER_PASS:
            yield chosen
            chosen, rows = [], 0
        chosen.append(bucket)
        rows += size
    if chosen:
        yield chosen


def _mask(plan: TablePlan) -> int:
    sides = [each for each in (plan.pair.before, plan.pair.after) if each]
    small = all(0 < each.pages < _SMALL_PAGES for each in sides)
    return (_FEW_BUCKETS if small else _MANY_BUCKETS) - 1


class RowComparison:
    """One run over one table that exists on both sides."""

    def __init__(self, servers: Servers, plan: TablePlan, *, samples: int, keep_keys: bool) -> None:
        assert plan.before is not None and plan.after is not None  # noqa: S101, PT018  # the caller's contract
        self._servers = servers
        self._plan = plan
        self._before: RowSide = plan.before
        self._after: RowSide = plan.after
        self._wanted = samples
        self._keep_keys = keep_keys

    def run(self, reading: Reading) -> RowEffect:
        """Read both sides and tell the difference."""
        effect = RowEffect(ColumnTally(len(self._plan.match.pairs), self._wanted))
        effect.filled_in_added = [0] * len(self._plan.match.added)
        effect.filled_in_removed = [0] * len(self._plan.match.dropped)
        for part in reading.parts:
            if part.few:
                self._absorb(effect, self._one_pass(part, None, 0))
            else:
                self._by_buckets(part, effect)
        if reading.rows is not None:
            effect.rows_before = reading.rows
            effect.rows_after = reading.rows + effect.added - effect.removed
        return effect

    def _by_buckets(self, part: Part, effect: RowEffect) -> None:
        mask = _mask(self._plan)
        before, after = self._servers.both(lambda side: bucket_sums(side, mask), part.before, part.after)
        effect.rows_before += sum(rows for rows, _ in before.values())
        effect.rows_after += sum(rows for rows, _ in after.values())
        for buckets in _passes(before, after):
            whole = len(buckets) == len(before.keys() | after.keys())
            self._absorb(effect, self._one_pass(part, None if whole else buckets, mask))

    def _one_pass(self, part: Part, buckets: list[int] | None, mask: int) -> Effect:
        def read(side: RowSide) -> pl.DataFrame:
            return collect(stream(side, sql.SQL("true") if buckets is None else within(side, buckets, mask)))

        before, after = self._servers.both(read, part.before, part.after)
        return pair_rows(before, after, keyless=self._before.keyless)

    def _absorb(self, effect: RowEffect, found: Effect) -> None:
        effect.removed += found.removed.height
        effect.added += found.added.height
        effect.changed += found.changed.height
        effect.removed_rows.append(self._kept(found.removed, effect.removed_rows))
        effect.added_rows.append(self._kept(found.added, effect.added_rows))
        for piece in batches(found.changed, len(self._plan.match.pairs)):
            look(self._servers, self._plan, piece, effect.tally)
            effect.tally.add(self._values(piece))
        match = self._plan.match
        self._count_filled(self._before, match.dropped, found.removed, effect.filled_in_removed)
        self._count_filled(self._after, match.added, found.added, effect.filled_in_added)

    def _kept(self, rows: pl.DataFrame, so_far: list[pl.DataFrame]) -> pl.DataFrame:
        if self._keep_keys:
            return rows
        return rows.head(max(0, self._wanted - sum(each.height for each in so_far))).clone()

    def _values(self, piece: pl.DataFrame) -> pl.DataFrame:
        """Value digests of both sides of a batch of changed rows."""
        width = len(self._plan.match.pairs)
        mine, other = self._plan.values

        def read(side: RowSide) -> pl.DataFrame:
            is_before = side is self._before
            places = piece["place" if is_before else "place_after"].to_list()
            return parse(values_at(side, mine if is_before else other, places), width)

        before, after = self._servers.both(read, self._before, self._after)
        return joined(piece, before, after)

    def _count_filled(
        self, side: RowSide, columns: Sequence[ComparedColumn], chosen: pl.DataFrame, counts: list[int]
    ) -> None:
        """Add to *counts* how many of the *chosen* rows of one side have a value in each of *columns*."""
        width = len(columns)
        forms = [value_digest(column, sent_form(column), self._servers.seeds[3]) for column in columns]
        for piece in batches(chosen, width) if columns else ():
            rows = parse(values_at(side, forms, piece["place"].to_list()), width)
            for index, count in enumerate(present_in(rows, piece.select(KEY), width)):
                counts[index] += count
