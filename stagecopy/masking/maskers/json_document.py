"""Leaves of a JSON document, each masked by a mask of its own; what no path names goes by ``rest``.

Surprising: only a document in which something changed is written anew, the others leave byte for byte. A leaf that
holds an object or an array where a value is expected has all texts and numbers in it redacted (or as ``on_bad`` says).
"""

from __future__ import annotations

from collections import defaultdict
from typing import ClassVar

import polars as pl

from stagecopy.masking.jsonpath import parse_path
from stagecopy.masking.jsontree import REDACTED, Document, Place, branches, places
from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.model.catalog import Column


class JsonDocument(BaseMasker):
    """``paths:`` names leaves, ``rest:`` is fail, keep or redact."""

    name = "json"
    trace = Trace("inside")
    summary = "each leaf under `paths:` by its own mask; what no path names by `rest:` (fail, keep, redact)"
    takes = "json, jsonb"
    documents = True
    parts: ClassVar[str | None] = "paths"

    def accepts(self, column: Column) -> str | None:
        """Documents only, and leaves that are none."""
        if column.base_type not in ("json", "jsonb"):
            return f"takes {self.takes}, {column.type} is not"
        for path, leaf in self.setting.leaves.items():
            if leaf.parts:
                return f"the mask of {path} takes {leaf.takes}, a leaf is none"
        return None

    def _filled(self, raw: pl.Series, who: pl.Series | None) -> pl.Series:
        return super()._filled(raw, None) if who is None else self._masked(raw, who)

    def fill(self, raw: pl.Series) -> pl.Series:
        """Documents that are nobody's."""
        return self._masked(raw, None)

    def _masked(self, raw: pl.Series, who: pl.Series | None) -> pl.Series:
        """Collect the leaves of all documents, mask them path by path, write the documents that changed."""
        documents = [Document(text) for text in raw]
        named: dict[str, list[tuple[int, Place]]] = defaultdict(list)
        rest: list[Place] = []
        root = branches((text, parse_path(text)) for text in self.setting.leaves)
        for row, document in enumerate(documents):
            for place, path in places(document, root):
                if path is None:
                    rest.append(place)
                else:
                    named[path].append((row, place))
        for path, found in named.items():
            self._mask(path, found, who)
        self._mask_rest(rest)
        for document in documents:
            if document.deep:
                self._bad(Place(document, document.root, 0))
        texts = [each.text if each.changed else text for each, text in zip(documents, raw, strict=True)]
        return pl.Series(raw.name, texts, dtype=pl.String)

    def _mask(self, path: str, found: list[tuple[int, Place]], who: pl.Series | None) -> None:
        masker = self.setting.leaves[path]
        if masker.name == "keep":
            return
        values = [(row, place) for row, place in found if place.telling]
        raw = pl.Series([place.plain for _, place in values], dtype=pl.String)
        whose = who.gather([row for row, _ in values]) if who is not None and masker.personal else None
        for (_, place), before, after in zip(values, raw, masker.apply(raw, whose), strict=True):
            if after != before:
                place.put(after)
        for _, place in found:
            if place.nested:
                self._bad(place)

    def _bad(self, place: Place) -> None:
        if self.setting.on_bad == "fail":
            raise ValueError("an object or array where a path expects a value, or a document nested too deep")
        if self.setting.on_bad == "null" or place.document.deep:
            place.put(None if self.setting.on_bad == "null" else REDACTED)
        else:
            place.redact()

    def _mask_rest(self, rest: list[Place]) -> None:
        telling = [place for place in rest if place.telling and place.value != ""]
        if telling and self.setting.rest == "fail":
            raise ValueError("a value that no path names")
        if self.setting.rest == "redact":
            for place in telling:
                place.redact()
