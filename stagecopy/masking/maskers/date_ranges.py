"""Ranges of dates as PostgreSQL writes them, for masks that change a date: both bounds change, endless ones stay."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

DATES = ("date", "timestamp", "timestamptz")
RANGES = ("daterange", "tsrange", "tstzrange")
ENDLESS = ("", "infinity", "-infinity")
_EMPTY = "empty"
_RANGE = r'^(?P<open>[\[(])"?(?P<lower>[^",]*)"?,"?(?P<upper>[^",]*)"?(?P<close>[\])])$'


def ranges_among(raw: pl.Series) -> pl.Series:
    """Which values are ranges."""
    return raw.str.contains(r"^[\[(]|^empty$")


def bounds_changed(raw: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Both bounds by *change*; null where that makes one null. Two equal bounds make a range of one point."""
    parts = raw.str.extract_groups(_RANGE).struct.unnest()
    for name in ("lower", "upper"):
        bound = parts.get_column(name)
        changed = bound.zip_with(bound.is_in(list(ENDLESS)), change(bound))
        quoted = pl.when(changed.str.contains(" ")).then(pl.lit('"') + changed + pl.lit('"')).otherwise(changed)
        parts = parts.with_columns(quoted.alias(name))
    point = (pl.col("lower") == pl.col("upper")) & ~pl.col("lower").is_in(list(ENDLESS))
    opening = pl.when(point).then(pl.lit("[")).otherwise("open")
    closing = pl.when(point).then(pl.lit("]")).otherwise("close")
    whole = pl.concat_str(opening, "lower", pl.lit(","), "upper", closing)
    return parts.select(pl.when(raw == _EMPTY).then(raw).otherwise(whole)).to_series()


def empty_ranges(ranges: pl.Series, others: pl.Series) -> pl.Series:
    """*others*, and the empty range where *ranges* says that one stands."""
    return pl.Series([_EMPTY], dtype=pl.String).new_from_index(0, len(others)).zip_with(ranges, others)
