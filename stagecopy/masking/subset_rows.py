"""Rows told apart by digests of their COPY text: reading them, choosing a share of them, finding them again.

A row is known by its primary key as COPY prints it, without one by its whole line; rows that are equal altogether share
their fate. Digests have 128 bits and are the same on every machine and day. What is held is 16 bytes a row, for each
reference 16 more while it is being matched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

import polars as pl
import polars_hash as plh

from stagecopy.errors import ProductionError, StagingError
from stagecopy.masking import copytext
from stagecopy.masking.copytext import MalformedError
from stagecopy.model.catalog import Table

HIGH, LOW = "high", "low"
_SEEDS = {HIGH: 0x5C090001, LOW: 0x5C090002}
_TEXT = "text"
_BATCH_BYTES = 4 * 1024 * 1024
_SLICE_ROWS = 1_000_000
_NULL = "\\N"  # as COPY prints it: no value looks like it


@dataclass(frozen=True, slots=True)
class Lines:
    """COPY text of *columns* columns of *table*. ``raw``: the database never checked that its text is UTF-8."""

    table: Table
    columns: int
    raw: bool = False

    def batches(self, chunks: Iterable[bytes], size: int = _BATCH_BYTES) -> Iterator[tuple[bytes, pl.DataFrame]]:
        """Whole lines, as they are and as a frame of escaped text. Raises ProductionError."""
        try:
            for batch in copytext.whole_lines(chunks, size):
                yield batch, self._frame(batch)
        except MalformedError as failure:
            self._unreadable("bad-copy-text", str(failure))
        except pl.exceptions.PolarsError:
            self._unreadable("rows-not-utf8", "it holds bytes that are not UTF-8")

    def _frame(self, batch: bytes) -> pl.DataFrame:
        if not self.columns:
            return pl.DataFrame({_TEXT: [""] * batch.count(b"\n")})
        # Any byte is a character of Latin-1, so what comes of it can be turned back, and tab and newline stay.
        return copytext.read(batch.decode("latin-1").encode() if self.raw else batch, self.columns)

    def write(self, frame: pl.DataFrame) -> bytes:
        """The frame as lines again."""
        if not self.columns:
            return b"\n" * frame.height
        lines = copytext.write(frame)
        return lines.decode().encode("latin-1") if self.raw else lines

    def _unreadable(self, code: str, what: str) -> NoReturn:
        name = self.table.qualified
        raise ProductionError(code, f"the rows of {name} cannot be told apart: {what}", where=name) from None


def joined(frame: pl.DataFrame, positions: Sequence[int], *, nulls: bool = False) -> pl.Series:
    """The text of several columns as one, exact because a tab inside a value is escaped; null where one is null.

    *nulls*: a null is a value like others.
    """
    if not positions:
        return pl.repeat("", n=frame.height, eager=True).alias(_TEXT)
    parts = [pl.nth(position) for position in positions]
    parts = [part.fill_null(_NULL) for part in parts] if nulls else parts
    return frame.select(pl.concat_str(parts, separator="\t").alias(_TEXT)).to_series()


def digests(text: pl.Series) -> pl.DataFrame:
    """128 bits for each text in two columns, null for null."""
    frame = text.alias(_TEXT).to_frame()
    return frame.select(
        [
            pl.when(pl.col(_TEXT).is_not_null()).then(plh.col(_TEXT).nchash.xxh3_64(seed=seed)).alias(name)
            for name, seed in _SEEDS.items()
        ]
    )


def share(text: pl.Series, percent: float, seed: str) -> pl.Series:
    """True for about *percent* of the texts: always the same ones for one *seed*."""
    if percent >= 100:
        return text.is_not_null()
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    bound = pl.lit(int(percent * 2**64 / 100), dtype=pl.UInt64)
    return text.alias(_TEXT).to_frame().select(plh.col(_TEXT).nchash.xxh3_64(seed=number) < bound).to_series()


class Wanted:
    """A set of digests that is asked again and again: sorted once, searched by halving, which takes no more memory."""

    def __init__(self, found: pl.DataFrame) -> None:
        ordered = found.drop_nulls().sort(HIGH, LOW)
        again = (ordered[HIGH] == ordered[HIGH].shift(1)) & (ordered[LOW] == ordered[LOW].shift(1))
        ordered = ordered.filter(~again.fill_null(value=False))
        self._high, self._low = ordered[HIGH], ordered[LOW]
        # How many share their upper half: one, if nothing very unlikely has happened.
        self._longest = int(self._high.rle().struct.field("len").max() or 0)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self._high)

    def has(self, frame: pl.DataFrame) -> pl.Series:
        """Which rows of *frame* are in the set."""
        return self.find(frame).is_not_null()

    def find(self, frame: pl.DataFrame) -> pl.Series:
        """The place in the set of each row of *frame*, null for those that are not in it."""
        parts = [self._find(part) for part in frame.iter_slices(_SLICE_ROWS)]
        return pl.concat(parts) if parts else pl.Series(dtype=pl.UInt32)

    def _find(self, frame: pl.DataFrame) -> pl.Series:
        found = pl.repeat(None, n=frame.height, dtype=pl.UInt32, eager=True)
        if not self._longest:
            return found
        first = self._high.search_sorted(frame[HIGH], side="left").cast(pl.Int64)
        for step in range(self._longest):
            at = (first + step).clip(upper_bound=len(self._high) - 1)
            same = (self._high.gather(at) == frame[HIGH]) & (self._low.gather(at) == frame[LOW])
            found = at.cast(pl.UInt32).zip_with(same.fill_null(value=False), found)
        return found


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Lets the wanted rows of one table through. ``seen`` and ``kept`` are what must be met, or something is wrong."""

    lines: Lines
    identity: tuple[int, ...]
    wanted: Wanted
    seen: int
    kept: int

    def run(self, chunks: Iterable[bytes], *, batch_bytes: int = _BATCH_BYTES) -> Iterator[bytes]:
        """Whole lines, whatever the size of the batches. Raises StagingError ``rows-missing``."""
        seen = kept = 0
        for batch, frame in self.lines.batches(chunks, batch_bytes):
            stays = self.wanted.has(digests(joined(frame, self.identity, nulls=True)))
            passed = int(stays.sum())
            seen, kept = seen + frame.height, kept + passed
            if passed == frame.height:
                yield batch
            elif passed:
                yield self.lines.write(frame.filter(stays))
        if (seen, kept) != (self.seen, self.kept):
            raise StagingError(
                "rows-missing",
                f"{self.kept:,} of {self.seen:,} rows were chosen, but {kept:,} of {seen:,} were found again",
                where=self.lines.table.qualified,
            )


def codes(keys: pl.DataFrame, refs: pl.DataFrame) -> tuple[pl.Series, pl.Series, int]:
    """Digests of both ends of a reference as small numbers: those of *keys*, those of *refs* that occur there."""
    known = Wanted(keys)
    return known.find(keys), known.find(refs), len(known)
