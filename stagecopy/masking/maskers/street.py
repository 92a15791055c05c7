"""A street name."""

from __future__ import annotations

from stagecopy.masking.maskers.words import WordMasker


class Street(WordMasker):
    """A street name of the locale."""

    name = "street"
    summary = "a street name of the locale"
    words = "streets"
