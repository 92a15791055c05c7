"""A date some days away; the time of day and the zone stay.

Surprising: the offset comes from the value's own HMAC, so equal dates move alike in every table, and it is never 0.
What has no calendar day polars can move (infinity, BC, years beyond 9999) is redacted: NULL where the column may be
null, else a drawn date.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.digest import Draw
from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.model.catalog import Column

_TYPES = ("date", "timestamp", "timestamptz")
_DEFAULT_DAYS = 30
_MOST_DAYS = 36_500
_SHAPE = r"^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2}(\.\d+)?([+-]\d{2}(:\d{2}){0,2})?)?$"
_DAY_LENGTH = 10
_REDACTED_FROM, _REDACTED_SPAN = 0, 20_000  # days since 1970: up to 2024


class ShiftDate(BaseMasker):
    """``days: N`` is the furthest either way."""

    name = "shift_date"
    summary = "the date 1 to `days` days earlier or later; infinity, BC and years over 9999 become NULL or a drawn date"
    takes = "date, timestamp, timestamptz"
    options: ClassVar[Mapping[str, str]] = MappingProxyType({"days": f"furthest shift, default {_DEFAULT_DAYS}"})

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """Days is a whole number."""
        days = options.get("days", str(_DEFAULT_DAYS))
        if days.isascii() and days.isdigit() and 1 <= int(days) <= _MOST_DAYS:
            return None
        return f"`days` is a whole number from 1 to {_MOST_DAYS}"

    def accepts(self, column: Column) -> str | None:
        """Dates and timestamps only."""
        return None if column.base_type in _TYPES else f"takes {self.takes}, {column.type} is not"

    def fill(self, raw: pl.Series) -> pl.Series:
        """Move the day, keep the rest of the text."""
        days, draw = int(self.setting.options.get("days", _DEFAULT_DAYS)), self.draw(raw)
        drawn = draw.index("offset", 2 * days).cast(pl.Int32)
        frame = pl.DataFrame({"raw": raw, "offset": drawn - days + (drawn >= days).cast(pl.Int32)})
        day = pl.col("raw").str.slice(0, _DAY_LENGTH).str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32)
        moved = (day + pl.col("offset")).cast(pl.Date).cast(pl.String)
        sound = (
            pl.col("raw").str.contains(_SHAPE)
            & moved.str.contains(r"^\d{4}-\d{2}-\d{2}$")
            & (pl.col("raw").str.slice(0, 4) != "0000")
            & (moved.str.slice(0, 4) != "0000")
        )
        text = pl.concat_str(moved, pl.col("raw").str.slice(_DAY_LENGTH))
        shifted = frame.select(pl.when(sound).then(text)).to_series()
        if self.setting.nullable or not shifted.null_count():
            return shifted
        return self._redacted(draw).zip_with(shifted.is_null(), shifted)

    def _redacted(self, draw: Draw) -> pl.Series:
        days = draw.index("redacted", _REDACTED_SPAN).cast(pl.Int32) + _REDACTED_FROM
        return days.cast(pl.Date).cast(pl.String)
