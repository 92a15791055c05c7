"""Fields of a composite value, each by its own mask: ``{mask: composite, fields: {street: street}, rest: keep}``."""

from __future__ import annotations

from typing import ClassVar

from stagecopy.masking.maskers.parts import Named, PartsMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.rowtext import row_spans, row_spelled
from stagecopy.masking.spans import ShapeError
from stagecopy.model.catalog import Column
from stagecopy.yamlfile import suggestion


class Composite(PartsMasker):
    """Fields by the names that the type has in the catalog."""

    name = "composite"
    trace = Trace("inside")
    summary = "each field under `fields:` by its own mask; all others by `rest:` (fail, keep, or redact: NULL)"
    takes = "composite types"
    parts: ClassVar[str | None] = "fields"
    empty = "()"

    def accepts(self, column: Column) -> str | None:
        """Composite types that have the fields, and a word about every field."""
        if column.category != "C" or not column.parts:
            return f"takes composite types, {column.type} is not"
        fields = {each.name: each for each in column.parts}
        for name, leaf in self.setting.leaves.items():
            if name not in fields:
                hint = suggestion(name, fields)
                return f"{column.type} has no field {name}" + (f"; {hint}" if hint else "")
            problem = leaf.accepts(fields[name])
            if problem:
                return f"field {name}: {problem}"
        left = [name for name in fields if name not in self.setting.leaves]
        if left and self.setting.rest == "fail":
            return f"nothing is said about {', '.join(left)}: give masks, or `rest: keep` or `rest: redact`"
        return None

    def spans(self, text: str) -> list[Named]:
        """The fields in order."""
        spans = row_spans(text)
        if len(spans) != len(self.setting.fields):
            raise ShapeError("another number of fields")
        return list(zip(self.setting.fields, spans, strict=True))

    def spelled(self, value: str | None) -> str:
        """One field."""
        return row_spelled(value)

    def redacted(self, value: str) -> None:  # noqa: ARG002  # the signature of all
        """NULL: it fits every type."""
        return

    def bad(self) -> str | None:
        """A row of NULLs."""
        return None if super().bad() is None else f"({',' * (len(self.setting.fields) - 1)})"
