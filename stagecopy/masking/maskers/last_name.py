"""A last name."""

from __future__ import annotations

from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.words import WordMasker


class LastName(WordMasker):
    """A last name of the locale."""

    name = "last_name"
    trace = Trace("none", differs=True, replaces=True)
    summary = "a last name of the locale"
    words = "last_names"
    part = "last"
    subjects = True
