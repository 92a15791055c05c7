"""Tells removed, added and changed rows apart from the digests of both sides. Pure data frames, no server.

A key digest that is not unique on a side (the key lost its constraint, or there is none) is compared as a multiset:
equal rows cancel out, what is left was removed or added.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from stagecopy.postgres.diffrows import ROW_BYTES

KEY = ["high", "low"]
_WORDS = ROW_BYTES // 4
SCHEMA = {"high": pl.Int64, "low": pl.Int64, "row": pl.Int64, "place": pl.Int64}


@dataclass(frozen=True, slots=True)
class Effect:
    """``removed`` and ``added``: high, low, place. ``changed``: high, low, place, place_after."""

    removed: pl.DataFrame
    added: pl.DataFrame
    changed: pl.DataFrame


def decode(chunk: bytes) -> pl.DataFrame:
    """Rows of COPY's binary framing as numbers, without a Python loop: each row is twelve 32-bit words."""
    rows = len(chunk) // ROW_BYTES
    if not rows:
        return pl.DataFrame(schema=SCHEMA)
    whole = pl.Series("words", [chunk], dtype=pl.Binary)
    words = whole.bin.reinterpret(dtype=pl.Array(pl.UInt32, rows * _WORDS), endianness="big").explode()
    frame = pl.DataFrame({"words": words.reshape((rows, _WORDS))})

    def word(index: int) -> pl.Expr:
        return pl.col("words").arr.get(index).cast(pl.UInt64)

    def number(index: int) -> pl.Expr:
        return (word(index) * 2**32 + word(index + 1)).reinterpret(signed=True)

    block = (word(1) % 2**16) * 2**16 + word(2) // 2**16
    place = (block * 2**16 + word(2) % 2**16).cast(pl.Int64)
    return frame.select(high=number(4), low=number(7), row=number(10), place=place)


def collect(chunks: Iterable[bytes]) -> pl.DataFrame:
    """All rows of a stream, each chunk decoded as it comes."""
    return pl.concat([pl.DataFrame(schema=SCHEMA), *(decode(chunk) for chunk in chunks)], rechunk=True)


def no_rows() -> pl.DataFrame:
    """An empty frame of rows that came or went."""
    return pl.DataFrame(schema=dict.fromkeys([*KEY, "place"], pl.Int64))


def _duplicates(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.group_by(KEY).len().filter(pl.col("len") > 1).select(KEY)


def _cancelled(mine: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Rows of *mine* without a partner in *other*, the n-th of equals against the n-th."""
    nth = pl.int_range(pl.len()).over([*KEY, "row"]).alias("nth")
    left = mine.with_columns(nth).join(other.with_columns(nth), on=[*KEY, "row", "nth"], how="anti")
    return left.select([*KEY, "place"])


def _unique(before: pl.DataFrame, after: pl.DataFrame) -> Effect:
    both = before.join(after, on=KEY, how="full", coalesce=True, suffix="_after")
    removed = both.filter(pl.col("place_after").is_null()).select([*KEY, "place"])
    added = both.filter(pl.col("place").is_null()).select([*KEY, pl.col("place_after").alias("place")])
    changed = both.filter(pl.col("row") != pl.col("row_after")).select([*KEY, "place", "place_after"])
    return Effect(removed, added, changed)


def pair_rows(before: pl.DataFrame, after: pl.DataFrame, *, keyless: bool) -> Effect:
    """What became of the rows of one pass."""
    if keyless:
        nothing = before.clear().select([*KEY, "place", pl.col("place").alias("place_after")])
        return Effect(_cancelled(before, after), _cancelled(after, before), nothing)
    doubled = pl.concat([_duplicates(before), _duplicates(after)]).unique()
    if doubled.is_empty():
        return _unique(before, after)
    mine, other = (side.join(doubled, on=KEY, how="semi") for side in (before, after))
    single = _unique(*(side.join(doubled, on=KEY, how="anti") for side in (before, after)))
    return Effect(
        pl.concat([single.removed, _cancelled(mine, other)]),
        pl.concat([single.added, _cancelled(other, mine)]),
        single.changed,
    )
