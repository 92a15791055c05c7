"""Counts per column over changed rows, from one digest per value: a batch of rows at a time, never the values.

Surprising: values are compared by the digest of their send form, so that the counts agree with the row digests, and
a megabyte of TOAST costs the client eight bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import polars as pl

from stagecopy.diff.pairing import KEY
from stagecopy.model.change import ColumnChange

_CELLS = 1_000_000
_ROWS = 5_000


def batches(frame: pl.DataFrame, width: int) -> Iterator[pl.DataFrame]:
    """Pieces of *frame* whose values of *width* columns fit into memory."""
    yield from frame.iter_slices(max(50, min(_ROWS, _CELLS // max(1, width))))


def parse(data: bytes, width: int) -> pl.DataFrame:
    """COPY text of the key digest and *width* value digests."""
    schema = dict.fromkeys([*KEY, *(f"c{index}" for index in range(width))], pl.Int64)
    if not data:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(
        io.BytesIO(data), separator="\t", has_header=False, null_values="\\N", schema=schema, quote_char=None
    )


def joined(pairs: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Value digests of both sides of changed rows, with their places; the after side's columns end in _after."""
    return pairs.join(before, on=KEY, how="inner").join(after, on=KEY, how="inner", suffix="_after")


def _differs(index: int) -> pl.Expr:
    return pl.col(f"c{index}").ne_missing(pl.col(f"c{index}_after"))


def _lost(index: int) -> pl.Expr:
    return pl.col(f"c{index}").is_not_null() & pl.col(f"c{index}_after").is_null()


class ColumnTally:
    """Adds up what happened to each paired column, and remembers a few telling rows."""

    def __init__(self, width: int, wanted: int) -> None:
        self.width = width
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
        for index in columns:
            self._changed[index] += counts[f"d{index}"]
            self._lost[index] += counts[f"l{index}"]
            self._gained[index] += counts[f"g{index}"]
        self._remember(rows)

    def _remember(self, rows: pl.DataFrame) -> None:
        columns = range(self.width)
        losing = pl.any_horizontal([_lost(index) for index in columns]).alias("losing")
        differing = pl.concat_list([_differs(index) for index in columns]).alias("differing")
        place = ["place", "place_after"]
        few = rows.with_columns(losing).sort("losing", descending=True, maintain_order=True).head(self._wanted)
        self._telling = [pl.concat([*self._telling, few.select(*KEY, *place, "losing", differing)])]

    def telling(self) -> list[tuple[int, int, int, int, tuple[int, ...]]]:
        """Key digest, places and differing columns of the rows worth showing, those that lost a value first."""
        if not self._telling:
            return []
        best = self._telling[0].sort("losing", descending=True, maintain_order=True).head(self._wanted)
        return [
            (high, low, place, place_after, tuple(i for i, differs in enumerate(differing) if differs))
            for high, low, place, place_after, _losing, differing in best.iter_rows()
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
