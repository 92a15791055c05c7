"""Reads both sides of a table in turns, a stretch of blocks of each at once, so that rows meet while few are in memory.

Surprising: both sides are copies of one directory, so most stretches come back the same, byte for byte. Those are done
with; only the others become data frames. A side that has got ahead of the other by rows waits for it, because a table
that was written anew has its rows in the old order in other blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

import polars as pl
from psycopg import sql

from stagecopy.diff.packed import numbers_of, rows_in, rows_of
from stagecopy.diff.pairing import without_same_places
from stagecopy.diff.parts import Part
from stagecopy.diff.plan import Servers
from stagecopy.postgres.diffrows import Pack, RowSide, Runs, digests_at, extent, packs, packs_of_share

STEP_BLOCKS = 64  # at most 18,624 rows in a pack
STRETCH_BLOCKS = 1024  # about 100,000 rows of usual size, 300,000 at most, of 24 bytes
_SHARE_BLOCKS = 16_384  # where only shares of all rows can be read, each time reading all
_AHEAD = 400_000  # rows
_EMPTY: Pack = (None,)

Read = Callable[[], list[Pack]]


def _steps(runs: Runs) -> Iterator[Runs]:
    """Runs in groups of few blocks, longer ones cut up."""
    group: list[tuple[int, int]] = []
    room = STEP_BLOCKS
    for first, past in runs:
        while first < past:
            end = min(past, first + room)
            group.append((first, end))
            room -= end - first
            first = end  # noqa: PLW2901 - the rest of this run
            if not room:
                yield group
                group, room = [], STEP_BLOCKS
    if group:
        yield group


def _stretches(side: RowSide, runs: Runs) -> Iterator[Read]:
    some: list[Runs] = []
    for step in _steps(runs):
        some.append(step)
        if len(some) * STEP_BLOCKS >= STRETCH_BLOCKS:
            yield partial(packs, side, some)
            some = []
    if some:
        yield partial(packs, side, some)


def _shares(side: RowSide, count: int) -> Iterator[Read]:
    for share in range(count):
        yield partial(packs_of_share, side, share, count)


def _reads(*sides: RowSide) -> tuple[list[Iterator[Read]], bool]:
    """How to read each side, and whether by blocks; if one side cannot be read so, all go by shares."""
    if all(side.runs is not None for side in sides):
        return [_stretches(side, side.runs or ()) for side in sides], True
    extents = [extent(side) for side in sides]
    if all(by_runs for _, by_runs in extents):
        whole = [
            side.runs if side.runs is not None else ((0, blocks),)
            for side, (blocks, _) in zip(sides, extents, strict=True)
        ]
        return [_stretches(side, runs) for side, runs in zip(sides, whole, strict=True)], True
    count = 1 + max(blocks for blocks, _ in extents) // _SHARE_BLOCKS
    return [_shares(side, count) for side in sides], False


@dataclass(slots=True)
class _Progress:
    reads: Iterator[Read]
    by_blocks: bool
    coming: Read | None = None
    number: int = 0  # of stretches read
    rows: int = 0

    def __post_init__(self) -> None:
        self.coming = next(self.reads, None)

    def read(self) -> list[Pack]:
        assert self.coming is not None  # noqa: S101 - the caller's contract
        found = self.coming()
        self.rows += sum(map(rows_in, found))
        self.number += 1
        self.coming = next(self.reads, None)
        return found

    def waits_for(self, other: _Progress) -> bool:
        return self.coming is None or (other.coming is not None and self.rows > other.rows + _AHEAD)


@dataclass(slots=True)
class Turns:
    """Iterating reads; each turn gives rows of both sides that were not the same in the same place."""

    servers: Servers
    part: Part
    rows_before: int = 0
    rows_after: int = 0

    def __iter__(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        reads, by_blocks = _reads(self.part.before, self.part.after)
        before, after = [_Progress(each, by_blocks) for each in reads]
        while before.coming or after.coming:
            turn = self._turn(before, after)
            self.rows_before, self.rows_after = before.rows, after.rows
            yield turn

    def _turn(self, before: _Progress, after: _Progress) -> tuple[pl.DataFrame, pl.DataFrame]:
        if before.waits_for(after):
            return self._rows([], after.read())
        if after.waits_for(before):
            return self._rows(before.read(), [])
        abreast = before.number == after.number
        mine, other = self.servers.both(_Progress.read, before, after)
        if not abreast or not before.by_blocks:
            return self._rows(mine, other)
        return without_same_places(*self._rows(*_unlike(mine, other)))

    def _rows(self, mine: Sequence[Pack], other: Sequence[Pack]) -> tuple[pl.DataFrame, pl.DataFrame]:
        return rows_of(self.part.before, mine), rows_of(self.part.after, other)


def _unlike(mine: Sequence[Pack], other: Sequence[Pack]) -> tuple[list[Pack], list[Pack]]:
    pairs = [pair for pair in zip_longest(mine, other, fillvalue=_EMPTY) if pair[0] != pair[1]]
    return [pack for pack, _ in pairs if pack[0]], [pack for _, pack in pairs if pack[0]]


def all_rows(side: RowSide) -> pl.DataFrame:
    """All rows of one side."""
    [reads], _ = _reads(side)
    return pl.concat([rows_of(side, []), *(rows_of(side, read()) for read in reads)], rechunk=True)


def numbers_at(side: RowSide, values: Sequence[sql.Composable], places: Sequence[int]) -> pl.DataFrame:
    """Key digest and *values* of the rows at *places*."""
    return numbers_of(side, digests_at(side, values, places), len(values))
