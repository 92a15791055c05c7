"""Puts drawn characters back between the separators of a text."""

from __future__ import annotations

import polars as pl

_SEPARATORS = r"[^0-9A-Za-z]"


def compact(raw: pl.Series) -> pl.Series:
    """Letters and digits only, capitals."""
    return raw.str.replace_all(_SEPARATORS, "").str.to_uppercase()


def rejoined(raw: pl.Series, characters: pl.Series) -> pl.Series:
    """*characters*, as many as *raw* has letters and digits, with the separators of *raw* where they stood.

    Rows without separators cost nothing; the others are put together one by one.
    """
    split = raw.str.contains(_SEPARATORS).arg_true()
    if not len(split):
        return characters
    texts = [_one(*pair) for pair in zip(raw.gather(split), characters.gather(split), strict=True)]
    return characters.scatter(split, pl.Series(texts, dtype=pl.String))


def _one(raw: str, characters: str | None) -> str | None:
    if characters is None:
        return None
    following = iter(characters)
    return "".join(next(following) if letter.isascii() and letter.isalnum() else letter for letter in raw)
