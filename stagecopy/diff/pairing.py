"""Tells removed, added and changed rows apart from the digests of both sides. Pure data frames, no server.

A key digest that is not unique on a side (the key lost its constraint, or there is none) is compared as a multiset:
equal rows cancel out, what is left was removed or added.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

KEY = ["high", "low"]
SCHEMA = {"high": pl.Int64, "low": pl.Int64, "row": pl.Int64, "place": pl.Int64}


@dataclass(frozen=True, slots=True)
class Effect:
    """``removed`` and ``added``: high, low, place. ``changed``: high, low, place, place_after."""

    removed: pl.DataFrame
    added: pl.DataFrame
    changed: pl.DataFrame


def no_changes() -> pl.DataFrame:
    """An empty frame of rows that changed."""
    return pl.DataFrame(schema=dict.fromkeys([*KEY, "place", "place_after"], pl.Int64))


def no_rows() -> pl.DataFrame:
    """An empty frame of rows that came or went."""
    return pl.DataFrame(schema=dict.fromkeys([*KEY, "place"], pl.Int64))


def _duplicates(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.group_by(KEY).len().filter(pl.col("len") > 1).select(KEY)


def without_same_places(mine: pl.DataFrame, other: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both without rows that are the same in the same place: the cheap first step, no place is there twice."""
    pairs = mine.join(other, on="place", how="inner", suffix="_after")
    same = pairs.filter(*(pl.col(name) == pl.col(f"{name}_after") for name in (*KEY, "row"))).select("place")
    return mine.join(same, on="place", how="anti"), other.join(same, on="place", how="anti")


def without_equals(mine: pl.DataFrame, other: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both without rows that have a partner on the other side, the n-th of equals paired with the n-th.

    Most rows are there as often on both sides: only the others are numbered, which takes longer than counting.
    """
    columns = [*KEY, "row"]
    counts = (each.group_by(columns).len() for each in (mine, other))
    both = next(counts).join(next(counts), on=columns, how="full", coalesce=True, suffix="_after")
    uneven = both.filter(pl.col("len").ne_missing(pl.col("len_after"))).select(columns)
    nth = pl.int_range(pl.len()).over(columns).alias("nth")
    left, come = (each.join(uneven, on=columns, how="semi").with_columns(nth) for each in (mine, other))
    numbered = [*columns, "nth"]
    return (
        left.join(come, on=numbered, how="anti").drop("nth"),
        come.join(left, on=numbered, how="anti").drop("nth"),
    )


def _unique(before: pl.DataFrame, after: pl.DataFrame) -> Effect:
    both = before.join(after, on=KEY, how="full", coalesce=True, suffix="_after")
    removed = both.filter(pl.col("place_after").is_null()).select([*KEY, "place"])
    added = both.filter(pl.col("place").is_null()).select([*KEY, pl.col("place_after").alias("place")])
    changed = both.filter(pl.col("row") != pl.col("row_after")).select([*KEY, "place", "place_after"])
    return Effect(removed, added, changed)


def pair_rows(before: pl.DataFrame, after: pl.DataFrame, *, keyless: bool) -> Effect:
    """What became of the rows of one pass."""
    if keyless:
        removed, added = without_equals(before, after)
        return Effect(removed.select(*KEY, "place"), added.select(*KEY, "place"), no_changes())
    doubled = pl.concat([_duplicates(before), _duplicates(after)]).unique()
    if doubled.is_empty():
        return _unique(before, after)
    mine, other = without_equals(*(side.join(doubled, on=KEY, how="semi") for side in (before, after)))
    single = _unique(*(side.join(doubled, on=KEY, how="anti") for side in (before, after)))
    return Effect(
        pl.concat([single.removed, mine.select(*KEY, "place")]),
        pl.concat([single.added, other.select(*KEY, "place")]),
        single.changed,
    )
