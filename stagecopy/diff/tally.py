"""Counts per column over changed rows, from one digest per value: a batch of rows at a time, never the values.

Surprising: values are compared by the digest of their send form, so that the counts agree with the row digests, and
a megabyte of TOAST costs the client eight bytes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from stagecopy.diff.pairing import KEY
from stagecopy.model.change import ColumnChange

_CELLS = 1_000_000
_ROWS = 50_000
_PATTERN = 50  # columns that tell one kind of change from another
_VARIED = 20  # batches in which rows worth showing are looked for
_SWAPPING = 40  # of more columns nobody asks which two were swapped


def batches(frame: pl.DataFrame, width: int) -> Iterator[pl.DataFrame]:
    """Pieces of *frame* whose values of *width* columns fit into memory."""
    yield from frame.iter_slices(max(50, min(_ROWS, _CELLS // max(1, width))))


def joined(pairs: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Value digests of both sides of changed rows, with their places; the after side's columns end in _after."""
    return pairs.join(before, on=KEY, how="inner").join(after, on=KEY, how="inner", suffix="_after")


def _differs(index: int) -> pl.Expr:
    return pl.col(f"c{index}").ne_missing(pl.col(f"c{index}_after"))


def _lost(index: int) -> pl.Expr:
    return pl.col(f"c{index}").is_not_null() & pl.col(f"c{index}_after").is_null()


def _varied(rows: pl.DataFrame) -> pl.DataFrame:
    """One row of each kind of change before a second one of any, and those that lost a value first."""
    nth = pl.int_range(pl.len()).over("pattern")
    return rows.sort(nth, pl.col("losing").not_(), maintain_order=True)


@dataclass(slots=True)
class Measured:
    """How far the values of one column went: numbers and moments by their difference, text by its length."""

    kind: str
    values: int = 0
    largest: float = 0.0
    smallest: float = math.inf
    shortened: int = 0
    partial: bool = False  # not every changed row was measured


class ColumnTally:
    """Adds up what happened to each paired column, and remembers a few telling rows: of every kind one.

    ``empties``: the digest of the empty string, by column. ``rows``: how many were added, in how many ``batches``.
    *kinds*: columns of different ones cannot be seen to swap.
    """

    def __init__(self, width: int, wanted: int, kinds: Sequence[int] = ()) -> None:
        self.width = width
        self.empties: dict[int, int] = {}
        pairs = combinations(range(width), 2) if width <= _SWAPPING else ()
        self._swapping = {(i, j) for i, j in pairs if not kinds or kinds[i] == kinds[j]}
        self.measured: dict[int, Measured] = {}
        self._emptied: Counter[int] = Counter()
        self.batches = 0
        self.rows = 0
        self._wanted = wanted
        self._changed = [0] * width
        self._lost = [0] * width
        self._gained = [0] * width
        self._telling: list[pl.DataFrame] = []

    def add(self, rows: pl.DataFrame) -> None:
        """Count a batch of *rows* as ``joined`` makes them."""
        columns = range(self.width)
        if not self.width or rows.is_empty():
            return
        counts = rows.select(
            *(_differs(index).sum().alias(f"d{index}") for index in columns),
            *(_lost(index).sum().alias(f"l{index}") for index in columns),
            *((_differs(i) & pl.col(f"c{i}").is_null()).sum().alias(f"g{i}") for i in columns),
        ).row(0, named=True)
        first_loss = not any(self._lost) and any(counts[f"l{index}"] for index in columns)
        for index in columns:
            self._changed[index] += counts[f"d{index}"]
            self._lost[index] += counts[f"l{index}"]
            self._gained[index] += counts[f"g{index}"]
        self._count_emptied(rows, [index for index in columns if counts[f"l{index}"] and index in self.empties])
        self._count_swaps(rows, {index: counts[f"d{index}"] for index in columns if counts[f"d{index}"]})
        self.batches += 1
        self.rows += rows.height
        if self.batches <= _VARIED or first_loss:
            self._remember(rows)

    def _count_emptied(self, rows: pl.DataFrame, losing: Sequence[int]) -> None:
        for index in losing:
            empty = rows.select((_lost(index) & (pl.col(f"c{index}") == self.empties[index])).sum()).item()
            self._emptied[index] += int(empty)

    def _count_swaps(self, rows: pl.DataFrame, counts: Mapping[int, int]) -> None:
        """Two columns swapped differ in the same rows, all of them: pairs that do not drop out for good."""
        self._swapping = {(i, j) for i, j in self._swapping if counts.get(i, 0) == counts.get(j, 0)}
        for i, j in [pair for pair in self._swapping if pair[0] in counts]:
            mine, other = pl.col(f"c{i}"), pl.col(f"c{j}")
            traded = _differs(i) & (mine == pl.col(f"c{j}_after")) & (other == pl.col(f"c{i}_after"))
            if rows.select(traded.sum()).item() != counts[i]:
                self._swapping.remove((i, j))

    @property
    def swaps(self) -> tuple[tuple[int, int], ...]:
        """Pairs of columns that traded their values in every row in which they differ."""
        return tuple(sorted(pair for pair in self._swapping if self._changed[pair[0]]))

    def measure(self, index: int, kind: str, rows: pl.DataFrame) -> None:
        """Take in how far a column's values went in a batch: *rows* with m of both sides."""
        before, after = pl.col(f"m{index}"), pl.col(f"m{index}_after")
        gaps = rows.select(gap=after - before, size=(after - before).abs()).filter(pl.col("size") > 0)
        if gaps.is_empty():
            return
        told = self.measured.setdefault(index, Measured(kind))
        told.values += gaps.height
        told.largest = max(told.largest, float(gaps.select(pl.col("size").max()).item()))
        told.smallest = min(told.smallest, float(gaps.select(pl.col("size").min()).item()))
        told.shortened += gaps.filter(pl.col("gap") < 0).height

    def emptied(self, index: int) -> int:
        """How many empty strings of one column became NULL."""
        return self._emptied[index]

    def _remember(self, rows: pl.DataFrame) -> None:
        columns = range(self.width)
        losing = pl.any_horizontal([_lost(index) for index in columns]).alias("losing")
        shown = [_differs(index) for index in columns[:_PATTERN]] + [_lost(index) for index in columns[:_PATTERN]]
        pattern = pl.struct([each.alias(str(n)) for n, each in enumerate(shown)]).hash().alias("pattern")
        differing = pl.concat_list([_differs(index) for index in columns]).alias("differing")
        place = ["place", "place_after"]
        few = _varied(rows.with_columns(losing, pattern)).head(self._wanted)
        self._telling = [pl.concat([*self._telling, few.select(*KEY, *place, "losing", "pattern", differing)])]

    def telling(self) -> list[tuple[int, int, int, int, tuple[int, ...]]]:
        """Key digest, places and differing columns of the rows worth showing, of every kind of change one first."""
        if not self._telling:
            return []
        best = _varied(self._telling[0]).head(self._wanted)
        return [
            (high, low, place, place_after, tuple(i for i, differs in enumerate(differing) if differs))
            for high, low, place, place_after, _losing, _pattern, differing in best.iter_rows()
        ]

    def counts(self, index: int) -> ColumnChange:
        """The counts of one column."""
        changed, lost, gained = self._changed[index], self._lost[index], self._gained[index]
        return ColumnChange(
            changed=changed, null_to_value=gained, value_to_null=lost, value_to_value=changed - lost - gained, lost=lost
        )


def present_in(rows: pl.DataFrame, chosen: pl.DataFrame, width: int) -> Sequence[int]:
    """How many of the *chosen* rows have a value in each column of *rows*."""
    counts = rows.join(chosen.select(KEY).unique(), on=KEY, how="semi")
    return [int(counts[f"c{index}"].count()) for index in range(width)]
