"""A date some days away; the time of day and the zone stay.

Surprising: the offset comes from the value's own HMAC, so equal dates move alike in every table, and it is never 0.
With a subject it comes from the subject's key: all dates of a person move alike, their order and distances stay. Both
bounds of a range move by one offset. What has no calendar day polars can move (infinity, BC, years beyond 9999) is
redacted: NULL where the column may be null, else a drawn date (an empty range); endless bounds of a range stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.digest import Draw
from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.date_ranges import DATES, RANGES, bounds_changed, empty_ranges, ranges_among
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.unfit import null_problem, settled
from stagecopy.model.catalog import Column

_DEFAULT_DAYS = 30
_MOST_DAYS = 36_500
_SHAPE = r"^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2}(\.\d+)?([+-]\d{2}(:\d{2}){0,2})?)?$"
_DAY_LENGTH = 10
_CALENDAR = (-719_162, 2_932_896)  # days since 1970: of the years 1 to 9999
_REDACTED_FROM, _REDACTED_SPAN = 0, 20_000  # days since 1970: up to 2024


class ShiftDate(BaseMasker):
    """``days: N`` is the furthest either way."""

    name = "shift_date"
    trace = Trace("none")
    summary = "the date 1 to `days` days earlier or later; infinity, BC and years over 9999 become NULL or a drawn date"
    takes = "date, timestamp, timestamptz and ranges of them"
    subjects = True
    options: ClassVar[Mapping[str, str]] = MappingProxyType({"days": f"furthest shift, default {_DEFAULT_DAYS}"})

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """Days is a whole number."""
        days = options.get("days", str(_DEFAULT_DAYS))
        if days.isascii() and days.isdigit() and 1 <= int(days) <= _MOST_DAYS:
            return None
        return f"`days` is a whole number from 1 to {_MOST_DAYS}"

    def accepts(self, column: Column) -> str | None:
        """Dates, timestamps and ranges of them only."""
        if column.base_type not in (*DATES, *RANGES):
            return f"takes {self.takes}, {column.type} is not"
        return null_problem(self.setting, column)

    def fill_of(self, raw: pl.Series, person: Draw) -> pl.Series:
        """Move the day, keep the rest of the text."""
        days = int(self.setting.options.get("days", _DEFAULT_DAYS))
        drawn = person.index("offset", 2 * days).cast(pl.Int32)
        offset = drawn - days + (drawn >= days).cast(pl.Int32)
        shifted = _moved(raw, offset)
        if not shifted.null_count():
            return shifted
        ranges = ranges_among(raw)
        if ranges.any():
            shifted = bounds_changed(raw, lambda bound: _moved(bound, offset)).zip_with(ranges, shifted)
        return settled(self.setting, shifted, lambda: self._redacted(raw, ranges))

    def _redacted(self, raw: pl.Series, ranges: pl.Series) -> pl.Series:
        days = self.draw(raw).index("redacted", _REDACTED_SPAN).cast(pl.Int32) + _REDACTED_FROM
        return empty_ranges(ranges, days.cast(pl.Date).cast(pl.String))


def _moved(raw: pl.Series, offset: pl.Series) -> pl.Series:
    """Each date by its offset; null for what is no date of the calendar."""
    frame = pl.DataFrame({"raw": raw, "offset": offset})
    day = pl.col("raw").str.slice(0, _DAY_LENGTH).str.to_date("%Y-%m-%d", strict=False, cache=False).cast(pl.Int32)
    moved = day + pl.col("offset")
    sound = pl.col("raw").str.contains(_SHAPE) & day.is_between(*_CALENDAR) & moved.is_between(*_CALENDAR)
    text = moved.cast(pl.Date).cast(pl.String)
    if (raw.str.len_bytes() > _DAY_LENGTH).any():
        text = pl.concat_str(text, pl.col("raw").str.slice(_DAY_LENGTH))
    return frame.select(pl.when(sound).then(text)).to_series()
