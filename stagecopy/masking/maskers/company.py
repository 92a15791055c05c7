"""A company name."""

from __future__ import annotations

from stagecopy.masking.maskers.words import WordMasker


class Company(WordMasker):
    """A company name of the locale."""

    name = "company"
    summary = "a company name of the locale"
    words = "companies"
