"""One of a few given values, drawn by the raw value: equal values get equal choices, and many get the same."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.constant import value_problem
from stagecopy.masking.maskers.trace import Trace
from stagecopy.model.catalog import Column

_FEWEST = 2


class Choice(BaseMasker):
    """``values: [a, b]`` or ``a|b``. What is drawn may be the raw value: else two values would tell it."""

    name = "choice"
    trace = Trace("none")
    summary = "one of `values:`, drawn by the value; may be the raw value"
    takes = "any type"
    lists: ClassVar[frozenset[str]] = frozenset({"values"})
    options: ClassVar[Mapping[str, str]] = MappingProxyType({"values": "what to draw from: `[a, b]` or `a|b`"})

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """Two different values at least."""
        values = _values(options)
        if len(set(values)) < _FEWEST or "" in values:
            return "needs `values: [A, B, …]`, two or more that differ; for one value there is mask constant"
        return None

    def accepts(self, column: Column) -> str | None:
        """Every value must fit the column."""
        return next((said for value in _values(self.setting.options) if (said := value_problem(value, column))), None)

    def fill(self, raw: pl.Series) -> pl.Series:
        """Draw."""
        values = pl.Series(_values(self.setting.options), dtype=pl.String)
        return values.gather(self.draw(raw).index("choice", len(values)))


def _values(options: Mapping[str, str]) -> list[str]:
    return options.get("values", "").split("|")
