"""Masks that put one entry of a vocabulary list."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from stagecopy.masking.digest import Draw
from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.vocabulary import entries

_FEWEST = 2  # with one entry left there is nothing to step on to


class WordMasker(BaseMasker):
    """One entry per value; the next entry where the drawn one is the raw value."""

    words: ClassVar[str]
    part: ClassVar[str] = "word"  # which part of a person it is, where a subject is given

    def _entries(self) -> pl.Series:
        return entries(self.setting.locale, self.words, self.setting.length)

    def length_problem(self) -> str | None:
        """Cut to the length, at least two entries must be left."""
        if len(self._entries()) < _FEWEST:
            return f"does not fit into {self.setting.length} characters"
        return None

    def fill_of(self, raw: pl.Series, person: Draw) -> pl.Series:
        """Draw, compare, step on."""
        words = self._entries()
        index = person.index("word" if self.setting.subject is None else self.part, len(words))
        same = words.str.to_lowercase().gather(index) == raw.str.strip_chars().str.to_lowercase()
        if same.any():
            index = (index + same.cast(pl.UInt64)) % len(words)
        return words.gather(index)
