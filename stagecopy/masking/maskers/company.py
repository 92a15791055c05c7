"""A company name."""

from __future__ import annotations

from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.words import WordMasker


class Company(WordMasker):
    """A company name of the locale."""

    name = "company"
    trace = Trace("none", differs=True, replaces=True)
    summary = "a company name of the locale"
    words = "companies"
