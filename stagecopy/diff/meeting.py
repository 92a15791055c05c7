"""Where rows of both sides meet: equal ones leave at once, the others wait for a partner, on disk when they are many.

Surprising: a row counts as changed at once only where both sides keep the key unique. Where the after side may hold a
key twice, what became of it shows when everything was read.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from stagecopy.diff.pairing import KEY, SCHEMA, Effect, no_changes, no_rows, pair_rows, without_equals
from stagecopy.diff.spill import Spill

MOST_WAITING = 600_000  # rows of both sides; about 100 bytes each while they are joined
_LEAST, _MOST = 100_000, 300_000  # rows that are worth joining, and that must be


class Meeting:
    """One comparison of the rows of a part. Close it when done."""

    def __init__(self, *, keyless: bool, settled: bool, single: bool) -> None:
        self._keyless = keyless
        self._settled = settled and not keyless
        self._key = KEY[1:] if single else KEY
        self._weight = 1 if self._settled else 3  # counting equal rows takes so many times the memory of joining keys
        self._waiting = [pl.DataFrame(schema=SCHEMA), pl.DataFrame(schema=SCHEMA)]
        self._fresh: list[list[pl.DataFrame]] = [[], []]
        self._spills: list[Spill] = []

    def add(self, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
        """Let these meet those that wait, at once or with more of them. Gives rows that are known to have changed."""
        for fresh, rows in zip(self._fresh, (before, after), strict=True):
            fresh.append(rows)
        fresh_rows = sum(each.height for frames in self._fresh for each in frames)
        waiting = sum(each.height for each in self._waiting)
        if fresh_rows < min(max(_LEAST, waiting), _MOST // self._weight):
            return no_changes()
        return self._meet()

    def _meet(self) -> pl.DataFrame:
        mine, other = (
            pl.concat([rows, *fresh], rechunk=True) for rows, fresh in zip(self._waiting, self._fresh, strict=True)
        )
        self._fresh = [[], []]
        changed = no_changes()
        if self._settled:
            self._waiting, changed = self._pair(mine, other)
        else:
            self._waiting = [*without_equals(mine, other)]
        if sum(each.height for each in self._waiting) > MOST_WAITING // self._weight:
            self._put_away()
        return changed

    def _pair(self, mine: pl.DataFrame, other: pl.DataFrame) -> tuple[list[pl.DataFrame], pl.DataFrame]:
        """Rows of both sides whose key the other side has not, and keys whose rows differ."""
        single = self._key != KEY
        if single:  # it is 0 everywhere
            mine, other = mine.drop("high"), other.drop("high")
        both = mine.join(other, on=self._key, how="full", coalesce=True, suffix="_after")
        if single:
            both = both.with_columns(high=pl.lit(0, pl.Int64))
        alone = both.filter(pl.col("place_after").is_null()).select(*SCHEMA)
        come = both.filter(pl.col("place").is_null()).select(*KEY, row="row_after", place="place_after")
        changed = both.filter(pl.col("row") != pl.col("row_after")).select(*KEY, "place", "place_after")
        return [alone, come], changed

    def _put_away(self) -> None:
        self._spills = self._spills or [Spill(), Spill()]
        for spill, rows in zip(self._spills, self._waiting, strict=True):
            spill.put(rows)
        self._waiting = [each.clear() for each in self._waiting]

    def rest(self) -> Iterator[Effect]:
        """What is left when everything was read."""
        yield Effect(no_rows(), no_rows(), self._meet())
        if self._spills:
            self._put_away()
            for share in sorted({number for spill in self._spills for number in spill.shares}):
                mine, other = (spill.share(share) for spill in self._spills)
                yield pair_rows(mine, other, keyless=self._keyless)
        else:
            before, after = self._waiting
            yield pair_rows(before, after, keyless=self._keyless)

    def close(self) -> None:
        """Give back what is on disk."""
        for spill in self._spills:
            spill.close()
