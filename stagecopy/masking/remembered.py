"""What the values of a column have become, so that one that comes again is looked up and not masked again.

Surprising: names, cities and dates repeat from batch to batch far more often than within one, and to look a value up
takes a tenth of an HMAC and a mask. A column whose values hardly come again is given up soon. Values are compared as
they are, never by their hash alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
import polars_hash as plh

from stagecopy.masking.copytext import special

_MOST_VALUES = 65_536  # of one column
_MOST_BYTES = 32 << 20  # of all columns of a table
_BYTES_OF_HASH = 24  # a row's in the frame and in the table that a join makes of it
_WORTH = 3  # once the memory is full, one of so many rows must be known
_SEED = 1
_SCHEMA = {"hash": pl.UInt64, "raw": pl.String, "mask": pl.String}


class Room:
    """Bytes that the columns of one table share."""

    def __init__(self, size: int = _MOST_BYTES) -> None:
        self._left = size
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Whether there was room; it is taken then. A negative *size* gives back."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True


@dataclass(frozen=True, slots=True)
class Masks:
    """The masks of some rows.

    ``new``: which rows hold a value not masked before; None for all. ``plain``: none of the others needs escapes.
    """

    masked: pl.Series
    new: pl.Series | None = None
    plain: bool = False

    def of_new(self, raw: pl.Series) -> tuple[pl.Series, pl.Series]:
        """The rows of *raw* that hold such a value, and their masks."""
        if self.new is None:
            return raw, self.masked
        return raw.filter(self.new), self.masked.filter(self.new)


@dataclass(frozen=True, slots=True)
class _Known:
    """Values and their masks by hash. ``plain``: no mask needs escapes."""

    rows: pl.DataFrame
    plain: bool = True

    def with_more(self, more: pl.DataFrame) -> _Known:
        """Also these."""
        plain = self.plain and not special(more.get_column("mask"))
        return _Known(pl.concat([self.rows, more], rechunk=True), plain)


_NOTHING = _Known(pl.DataFrame(schema=_SCHEMA))


class Remembered:
    """The memory of one column. Several threads may ask; what they get does not depend on what is remembered."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._known = _NOTHING
        self._taken = 0
        self._full = False

    def masked(self, raw: pl.Series, mask: Callable[[pl.Series], pl.Series]) -> Masks:
        """*mask* of each value of *raw*. NULL stays NULL."""
        known = self._known
        if known is _NOTHING:
            return Masks(self._learnt(raw, mask(raw)))
        found = _hashed(raw).join(known.rows, on="hash", how="left", maintain_order="left")
        there = found.get_column("raw") == raw
        new = ~there.fill_null(value=False) & raw.is_not_null()
        count = int(new.sum())
        self._weigh(len(raw) - count, len(raw))
        if count == len(raw):
            return Masks(self._learnt(raw, mask(raw)))
        masks = found.get_column("mask")
        if count:
            unknown = raw.filter(new)
            masks = masks.scatter(new.arg_true(), self._learnt(unknown, mask(unknown)))
        return Masks(masks, new, known.plain)

    def _weigh(self, known: int, rows: int) -> None:
        """Whether it is worth the looking up."""
        if self._full and known * _WORTH < rows:
            with self._lock:
                self._room.take(-self._taken)
                self._taken, self._known = 0, _NOTHING

    def _learnt(self, raw: pl.Series, made: pl.Series) -> pl.Series:
        """*made*, remembered as the masks of *raw*."""
        if self._full or not len(raw):
            return made
        fresh = _hashed(raw).with_columns(raw=raw, mask=made).drop_nulls("raw").unique("hash", keep="any")
        with self._lock:
            if self._full:
                return made
            known = self._known
            more = fresh.join(known.rows, on="hash", how="anti").head(_MOST_VALUES - len(known.rows))
            # copies: slices would keep the whole batches that they were cut from
            more = more.with_columns(pl.concat_str("raw", pl.lit("")), pl.concat_str("mask", pl.lit("")))
            size = int(more.estimated_size()) + _BYTES_OF_HASH * len(more)
            if not self._room.take(size):
                self._full = True
                return made
            self._taken += size
            self._known = known.with_more(more)
            self._full = len(self._known.rows) >= _MOST_VALUES
        return made


def _hashed(raw: pl.Series) -> pl.DataFrame:
    return raw.alias("hash").to_frame().select(plh.col("hash").nchash.xxh3_64(seed=_SEED))
