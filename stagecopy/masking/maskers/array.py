"""Every element of an array by a mask of its own: ``{mask: array, each: email}``."""

from __future__ import annotations

from typing import ClassVar

from stagecopy.masking.arraytext import array_spans, array_spelled
from stagecopy.masking.maskers.parts import Named, PartsMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.model.catalog import Column

_EACH = "each"


class Array(PartsMasker):
    """Bounds, dimensions and NULL elements stay; an element gets the mask that it would get as a column."""

    name = "array"
    trace = Trace("inside")
    summary = "each element by the mask under `each:`; dimensions, bounds and NULL elements stay"
    takes = "arrays of any type"
    parts: ClassVar[str | None] = _EACH
    empty = "{}"

    def accepts(self, column: Column) -> str | None:
        """Arrays whose elements the mask takes."""
        if column.category != "A" or not column.parts:
            return f"takes arrays, {column.type} is not"
        problem = self.setting.leaves[_EACH].accepts(column.parts[0])
        return f"elements: {problem}" if problem else None

    def spans(self, text: str) -> list[Named]:
        """All elements, in whatever dimension."""
        return [(_EACH, span) for span in array_spans(text, self.setting.delimiter)]

    def spelled(self, value: str | None) -> str:
        """One element."""
        return array_spelled(value, self.setting.delimiter)
