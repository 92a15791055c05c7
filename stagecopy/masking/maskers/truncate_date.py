"""A date cut to its year, month, day or hour.

Surprising: the only mask that needs no key, and that may leave a value as it is (the first of January of any year).
The zone stays as written. Infinity stays: there is nothing in it to cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.date_ranges import DATES, ENDLESS, RANGES, bounds_changed, empty_ranges, ranges_among
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.unfit import null_problem, settled
from stagecopy.model.catalog import Column

_UNITS = ("year", "month", "day", "hour")
_DATE = (
    r"^(?P<year>\d{4,6})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?: (?P<hour>\d{2}):\d{2}:\d{2}(?:\.\d+)?(?P<zone>[+-]\d{2}(?::\d{2}){0,2})?)?(?P<era> BC)?$"
)
_LEAST = "1970-01-01"


class TruncateDate(BaseMasker):
    """``to:`` says what is left."""

    name = "truncate_date"
    trace = Trace("none")
    summary = "the date cut to its year, month, day or hour; one that is cut already stays"
    takes = "date, timestamp, timestamptz and ranges of them"
    options: ClassVar[Mapping[str, str]] = MappingProxyType({"to": "year, month, day or hour; needed"})

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """One of the units."""
        return None if options.get("to") in _UNITS else f"`to` is one of {', '.join(_UNITS)}"

    def accepts(self, column: Column) -> str | None:
        """Dates, timestamps and ranges of them only; a date has no hour to cut."""
        if column.base_type not in (*DATES, *RANGES):
            return f"takes {self.takes}, {column.type} is not"
        if self._to in ("day", "hour") and column.base_type in ("date", "daterange"):
            return f"a {column.base_type} cut to its {self._to} is the raw value; cut it to its month or year"
        return null_problem(self.setting, column)

    @property
    def _to(self) -> str:
        return self.setting.options.get("to", _UNITS[0])

    def fill(self, raw: pl.Series) -> pl.Series:
        """Cut the text."""
        ranges = ranges_among(raw)
        cut = raw.zip_with(raw.is_in(list(ENDLESS)), self._cut(raw))
        if ranges.any():
            cut = bounds_changed(raw, self._cut).zip_with(ranges, cut)
        return settled(self.setting, cut, lambda: empty_ranges(ranges, pl.Series([_LEAST]).new_from_index(0, len(raw))))

    def _cut(self, raw: pl.Series) -> pl.Series:
        parts = raw.str.extract_groups(_DATE).struct.unnest()
        left = _UNITS.index(self._to)
        month = pl.col("month") if left >= _UNITS.index("month") else pl.lit("01")
        day = pl.col("day") if left >= _UNITS.index("day") else pl.lit("01")
        hour = pl.col("hour") if left >= _UNITS.index("hour") else pl.lit("00")
        time = pl.concat_str(pl.lit(" "), hour, pl.lit(":00:00"), pl.col("zone").fill_null(""))
        time = pl.when(pl.col("hour").is_null()).then(pl.lit("")).otherwise(time)
        whole = pl.concat_str("year", pl.lit("-"), month, pl.lit("-"), day, time, pl.col("era").fill_null(""))
        return parts.select(whole).to_series()
