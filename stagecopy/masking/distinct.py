"""About how many different values went by, in a few kilobytes: the smallest digests are kept, their density counts."""

from __future__ import annotations

import polars as pl
import polars_hash as plh

_KEPT = 2048  # exact up to here, beyond it about 2 % off
_SPAN = 1 << 64
_GLANCE, _NEARLY_ALL = 4096, 0.97


def hardly_any_twice(values: pl.Series) -> bool:
    """Whether the first values are nearly all different: to make all unique, which hashes them, then gains nothing."""
    head = values.head(_GLANCE)
    return head.n_unique() > _NEARLY_ALL * len(head)


def fingerprints(values: pl.Series) -> pl.Series:
    """One number per value, NULL aside: what ``Distinct`` counts."""
    frame = values.alias("value").to_frame()
    digests = frame.select(plh.col("value").nchash.xxh3_64(seed=0)).to_series().rename("digest")
    return digests.drop_nulls() if digests.null_count() else digests


class Distinct:
    """Counts different values, NULL aside."""

    def __init__(self) -> None:
        self._limit = _SPAN - 1
        self._smallest = pl.Series("digest", [], dtype=pl.UInt64)

    def add(self, digests: pl.Series) -> None:
        """More values, by their fingerprints."""
        small = digests.filter(digests <= self._limit)
        if not len(small):
            return
        both = pl.concat([self._smallest, small]).unique().sort()
        if len(both) > _KEPT:
            both = both.head(_KEPT)
            self._limit = int(both[-1])
        self._smallest = both.rename("digest")

    @property
    def count(self) -> int:
        """The number, exact up to 2,048."""
        if len(self._smallest) < _KEPT:
            return len(self._smallest)
        return round((_KEPT - 1) * _SPAN / max(1, self._limit))
