"""What full text search keeps of a text: nothing, or a code for each lexeme.

Surprising: a lexeme is the raw word, so none ever stays. A generated tsvector column needs no rule: staging computes it
from the masked text. One that a trigger fills is not computed anew, because triggers sleep while rows are loaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.digest import Draw
from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.spans import Span, spliced
from stagecopy.model.catalog import Column

_LEXEME = re.compile(r"'((?:[^'\\]|''|\\.)*)'(?::[0-9A-D,]+)?(?: |$)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)|'(')", re.DOTALL)
_FORMS = ("empty", "codes")


class Tsvector(BaseMasker):
    """``lexemes: codes`` keeps positions and weights, so that sizes and plans are as in production."""

    name = "tsvector"
    trace = Trace("inside")
    summary = "an empty vector, or a code in place of each lexeme; generated columns are computed anew without a rule"
    takes = "tsvector"
    options: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"lexemes": "`empty` (default), or `codes`: one for each lexeme, positions and weights stay"}
    )

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """One of the two."""
        return None if options.get("lexemes", "empty") in _FORMS else f"`lexemes` is one of {', '.join(_FORMS)}"

    def accepts(self, column: Column) -> str | None:
        """Vectors only."""
        return None if column.base_type == "tsvector" else f"takes tsvector, {column.type} is not"

    def fill(self, raw: pl.Series) -> pl.Series:
        """Nothing, or codes; nothing as well where the text is no vector."""
        codes = self.setting.options.get("lexemes") == "codes"
        found = [_lexemes(text) if codes else [] for text in raw]
        lexemes = [span for spans in found for span in spans]
        if not lexemes:
            return pl.Series([""], dtype=pl.String).new_from_index(0, len(raw))
        plain = pl.Series([span.value for span in lexemes], dtype=pl.String)
        drawn = iter(Draw.of(plain, self._key).code())
        return pl.Series(
            [
                spliced(text, [(span, f"'{next(drawn)}'") for span in spans]) if spans else ""
                for text, spans in zip(raw, found, strict=True)
            ],
            dtype=pl.String,
        )


def _lexemes(text: str) -> list[Span]:
    """All of them, or none where the text is no vector."""
    spans: list[Span] = []
    position = 0
    while position < len(text):
        found = _LEXEME.match(text, position)
        if found is None:
            return []
        plain = _ESCAPED.sub(lambda each: each[1] or each[2], found[1])
        spans.append(Span(found.start(), found.start() + len(found[1]) + 2, plain))
        position = found.end()
    return spans
