"""A city."""

from __future__ import annotations

from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.words import WordMasker


class City(WordMasker):
    """A city of the locale."""

    name = "city"
    trace = Trace("none", differs=True, replaces=True)
    summary = "a city of the locale"
    words = "cities"
