"""Another label of the column's enum type, as the catalog lists them."""

from __future__ import annotations

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.model.catalog import Column

_FEWEST = 2


class Enum(BaseMasker):
    """Never the raw label, so of two labels each becomes the other: hide those with ``choice`` or ``constant``."""

    name = "enum"
    trace = Trace("none")
    summary = "another label of the type, drawn by the value"
    takes = "enum types with two labels or more"

    def accepts(self, column: Column) -> str | None:
        """Enums with something to draw."""
        if column.category != "E":
            return f"takes enum types, {column.type} is not"
        if len(column.labels) < _FEWEST:
            return f"{column.type} has no two labels"
        return None

    def fill(self, raw: pl.Series) -> pl.Series:
        """Step on from the raw label by 1 to all but one: never back to it."""
        labels = self.setting.labels
        if len(labels) < _FEWEST:
            raise ValueError("no labels to draw from")
        places = {label: place for place, label in enumerate(labels)}
        step = self.draw(raw).index("label", len(labels) - 1)
        drawn = [labels[(places.get(value, 0) + 1 + by) % len(labels)] for value, by in zip(raw, step, strict=True)]
        return pl.Series(drawn, dtype=pl.String)
