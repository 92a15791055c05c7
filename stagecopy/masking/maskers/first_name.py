"""A first name."""

from __future__ import annotations

from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.words import WordMasker


class FirstName(WordMasker):
    """A first name of the locale."""

    name = "first_name"
    trace = Trace("none", differs=True, replaces=True)
    summary = "a first name of the locale"
    words = "first_names"
    part = "first"
    subjects = True
