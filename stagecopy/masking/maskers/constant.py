"""One fixed value for everybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.maskers.base import TEXT_TYPES, BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.model.catalog import Column

_SHAPES = {
    "N": (re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|NaN|-?Infinity"), "a number"),
    "B": (re.compile(r"t|f|true|false|yes|no|on|off|1|0", re.IGNORECASE), "a boolean"),
}


class Constant(BaseMasker):
    """``value:`` as given; NULL stays NULL."""

    name = "constant"
    trace = Trace("whole", replaces=True)
    summary = "the text of `value:`; never on a unique column"
    takes = "any type"
    options: ClassVar[Mapping[str, str]] = MappingProxyType({"value": "what to put"})

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """The value is needed."""
        return None if options.get("value") else "needs `value: TEXT`"

    def accepts(self, column: Column) -> str | None:
        """The value must fit the length and look like the type."""
        return value_problem(self.setting.options["value"], column)

    def fill(self, raw: pl.Series) -> pl.Series:
        """The value."""
        return pl.Series(raw.name, [self.setting.options["value"]], dtype=pl.String).new_from_index(0, len(raw))


def value_problem(value: str, column: Column) -> str | None:
    """Why *value* cannot stand in *column*, or None."""
    if "\0" in value:
        return "value holds a NUL character"
    if column.length is not None and len(value) > column.length:
        return f"value has {len(value)} characters, {column.type} holds {column.length}"
    if column.labels and value not in column.labels:
        return f"value {value!r} is no label of {column.type}"
    shape, meaning = _SHAPES.get(column.category, (None, ""))
    if shape and column.base_type not in TEXT_TYPES and not shape.fullmatch(value):
        return f"value {value!r} is not {meaning}, the column is {column.type}"
    return None
