"""Nothing at all."""

from __future__ import annotations

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.model.catalog import Column


class Null(BaseMasker):
    """Every value becomes NULL; takes any type that may be null."""

    name = "null"
    trace = Trace("whole", replaces=True, prose=True)
    summary = "NULL; an empty text stays empty"
    takes = "any nullable column"

    def accepts(self, column: Column) -> str | None:
        """Any type, but the column must be nullable."""
        return "would put NULL into a NOT NULL column" if column.not_null else None

    def fill(self, raw: pl.Series) -> pl.Series:
        """NULL."""
        return pl.Series(raw.name, [None], dtype=pl.String).new_from_index(0, len(raw))
