"""Compares the rows of one table, part by part: digests of both sides meet, then values of those rows that differ."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field

import polars as pl

from stagecopy.diff.measures import look
from stagecopy.diff.meeting import Meeting
from stagecopy.diff.pairing import KEY, Effect
from stagecopy.diff.parts import Part, Reading
from stagecopy.diff.plan import Servers, TablePlan, value_digest
from stagecopy.diff.reading import Turns, numbers_at
from stagecopy.diff.tally import ColumnTally, batches, joined, present_in
from stagecopy.postgres.diffcatalog import ComparedColumn
from stagecopy.postgres.diffrows import RowSide
from stagecopy.postgres.valueforms import sent_form


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
        effect = RowEffect(ColumnTally(len(self._plan.match.pairs), self._wanted, self._plan.kinds))
        effect.filled_in_added = [0] * len(self._plan.match.added)
        effect.filled_in_removed = [0] * len(self._plan.match.dropped)
        for part in reading.parts:
            self._compare(part, effect)
        if reading.rows is not None:
            effect.rows_before = reading.rows
            effect.rows_after = reading.rows + effect.added - effect.removed
        return effect

    def _compare(self, part: Part, effect: RowEffect) -> None:
        turns = Turns(self._servers, part)
        single = part.before.high is None
        with closing(Meeting(keyless=part.before.keyless, settled=self._plan.settled, single=single)) as meeting:
            for before, after in turns:
                self._tally(effect, meeting.add(before, after))
            for found in meeting.rest():
                self._absorb(effect, found)
        effect.rows_before += turns.rows_before
        effect.rows_after += turns.rows_after

    def _absorb(self, effect: RowEffect, found: Effect) -> None:
        effect.removed += found.removed.height
        effect.added += found.added.height
        effect.removed_rows.append(self._kept(found.removed, effect.removed_rows))
        effect.added_rows.append(self._kept(found.added, effect.added_rows))
        self._tally(effect, found.changed)
        match = self._plan.match
        self._count_filled(self._before, match.dropped, found.removed, effect.filled_in_removed)
        self._count_filled(self._after, match.added, found.added, effect.filled_in_added)

    def _tally(self, effect: RowEffect, changed: pl.DataFrame) -> None:
        effect.changed += changed.height
        for piece in batches(changed, len(self._plan.match.pairs)):
            look(self._servers, self._plan, piece, effect.tally)
            effect.tally.add(self._values(piece))

    def _kept(self, rows: pl.DataFrame, so_far: list[pl.DataFrame]) -> pl.DataFrame:
        if self._keep_keys:
            return rows
        return rows.head(max(0, self._wanted - sum(each.height for each in so_far))).clone()

    def _values(self, piece: pl.DataFrame) -> pl.DataFrame:
        """Value digests of both sides of a batch of changed rows."""
        mine, other = self._plan.values

        def read(side: RowSide) -> pl.DataFrame:
            is_before = side is self._before
            places = piece["place" if is_before else "place_after"].to_list()
            return numbers_at(side, mine if is_before else other, places)

        before, after = self._servers.both(read, self._before, self._after)
        return joined(piece, before, after)

    def _count_filled(
        self, side: RowSide, columns: Sequence[ComparedColumn], chosen: pl.DataFrame, counts: list[int]
    ) -> None:
        """Add to *counts* how many of the *chosen* rows of one side have a value in each of *columns*."""
        width = len(columns)
        forms = [value_digest(column, sent_form(column), self._servers.seeds[3]) for column in columns]
        for piece in batches(chosen, width) if columns else ():
            rows = numbers_at(side, forms, piece["place"].to_list())
            for index, count in enumerate(present_in(rows, piece.select(KEY), width)):
                counts[index] += count
