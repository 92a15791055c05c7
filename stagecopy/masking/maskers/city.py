"""A city."""

from __future__ import annotations

from stagecopy.masking.maskers.words import WordMasker


class City(WordMasker):
    """A city of the locale."""

    name = "city"
    summary = "a city of the locale"
    words = "cities"
