"""What masks of values with an inside share: collect the parts of a whole batch, mask them in one call, put them back.

Surprising: a value that is not the text of its type is never passed on. It fails, becomes NULL, or an empty value.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker, Masker
from stagecopy.masking.spans import ShapeError, Span, spliced

REDACTED = "redacted"
Named = tuple[str, Span]  # a part's name, and where it stands


class PartsMasker(BaseMasker):
    """``spans`` and ``spelled`` know the text; ``rest`` is what no mask is named for."""

    empty: ClassVar[str]  # what a value becomes that cannot be read

    @property
    def distinct(self) -> bool:
        """If every part stays distinct."""
        rest = self.parts == "each" or self.setting.rest == "keep"
        return rest and all(each.distinct for each in self.setting.leaves.values())

    def spans(self, text: str) -> Iterable[Named]:
        """The parts of one value, in order. Raises ShapeError."""
        raise NotImplementedError

    def spelled(self, value: str | None) -> str:
        """One part as the text has it."""
        raise NotImplementedError

    def redacted(self, value: str) -> str | None:  # noqa: ARG002  # what the part's type allows is the mask's to know
        """What a part becomes under ``rest: redact``."""
        return REDACTED

    def bad(self) -> str | None:
        """What a value that cannot be read becomes."""
        if self.setting.on_bad == "fail":
            raise ShapeError(f"not the text of a type that {self.name} takes")
        return None if self.setting.on_bad == "null" else self.empty

    def _filled(self, raw: pl.Series, who: pl.Series | None) -> pl.Series:
        return super()._filled(raw, None) if who is None else self._made(raw, who)

    def fill(self, raw: pl.Series) -> pl.Series:
        """Values that are nobody's."""
        return self._made(raw, None)

    def _made(self, raw: pl.Series, who: pl.Series | None) -> pl.Series:
        """Part by part over the whole batch."""
        texts: list[str] = raw.to_list()
        found = [self._read(text) for text in texts]
        named: dict[str, list[tuple[int, int]]] = {}
        for row, parts in enumerate(found):
            for place, (name, _) in enumerate(parts or ()):
                named.setdefault(name, []).append((row, place))
        new: list[dict[int, str]] = [{} for _ in texts]
        for name, places in named.items():
            spans = [(found[row] or [])[place][1] for row, place in places]
            whose = None if who is None else who.gather([row for row, _ in places])
            for (row, place), span, value in zip(places, spans, self._masked(name, spans, whose), strict=True):
                if value != span.value:
                    new[row][place] = self.spelled(value)
        return pl.Series(raw.name, [self._written(*each) for each in zip(texts, found, new, strict=True)], pl.String)

    def _read(self, text: str) -> list[Named] | None:
        try:
            return list(self.spans(text))
        except ShapeError:
            return None

    def _masked(self, name: str, spans: list[Span], who: pl.Series | None) -> list[str | None]:
        leaf: Masker | None = self.setting.leaves.get(name)
        if leaf is not None:
            values = pl.Series([span.value for span in spans], dtype=pl.String)
            return leaf.apply(values, who if leaf.personal else None).to_list()
        if self.setting.rest == "keep":
            return [span.value for span in spans]
        if self.setting.rest == "fail" and any(span.value for span in spans):
            raise ValueError("a value that the rule does not name")
        return [self.redacted(span.value) if span.value else span.value for span in spans]

    def _written(self, text: str, parts: list[Named] | None, new: dict[int, str]) -> str | None:
        if parts is None:
            return self.bad()
        return spliced(text, ((parts[place][1], new[place]) for place in sorted(new)))
