"""Leaves a column as it is; rules spell it ``keep: REASON``."""

from __future__ import annotations

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.model.catalog import Column


class Keep(BaseMasker):
    """The raw value, by decision."""

    name = "keep"
    trace = Trace("none")
    summary = "the raw value, byte for byte; written `{keep: REASON}`"
    takes = "any type"
    injective = True

    def accepts(self, column: Column) -> str | None:  # noqa: ARG002  # the Protocol's signature
        """Any column."""
        return None

    def apply(self, series: pl.Series, who: pl.Series | None = None) -> pl.Series:  # noqa: ARG002
        """The raw values."""
        return series
