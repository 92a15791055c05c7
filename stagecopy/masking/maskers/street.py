"""A street name."""

from __future__ import annotations

from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.words import WordMasker


class Street(WordMasker):
    """A street name of the locale."""

    name = "street"
    trace = Trace("none", differs=True, replaces=True)
    summary = "a street name of the locale"
    words = "streets"
