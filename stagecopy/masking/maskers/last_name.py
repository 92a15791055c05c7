"""A last name."""

from __future__ import annotations

from stagecopy.masking.maskers.words import WordMasker


class LastName(WordMasker):
    """A last name of the locale."""

    name = "last_name"
    summary = "a last name of the locale"
    words = "last_names"
    part = "last"
    subjects = True
