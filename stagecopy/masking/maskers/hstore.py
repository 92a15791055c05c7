"""Values of an hstore, each by the mask of its key: ``{mask: hstore, keys: {email: email}, rest: redact}``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from stagecopy.masking.hstoretext import hstore_spans, hstore_spelled
from stagecopy.masking.maskers.parts import Named, PartsMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.model.catalog import Column


class Hstore(PartsMasker):
    """Keys stay; a key that a row lacks changes nothing."""

    name = "hstore"
    trace = Trace("inside")
    summary = "each value under `keys:` by its own mask; what no key names by `rest:` (fail, keep, redact); keys stay"
    takes = "hstore"
    parts: ClassVar[str | None] = "keys"
    empty = ""

    def accepts(self, column: Column) -> str | None:
        """Only hstore, with masks of plain values."""
        if column.base_type != "hstore":
            return f"takes hstore, {column.type} is not"
        for key, leaf in self.setting.leaves.items():
            if leaf.parts:
                return f"the mask of {key} takes {leaf.takes}, a value of hstore is text"
        return None

    def spans(self, text: str) -> Iterable[Named]:
        """The values by their keys."""
        return hstore_spans(text)

    def spelled(self, value: str | None) -> str:
        """One value."""
        return hstore_spelled(value)
