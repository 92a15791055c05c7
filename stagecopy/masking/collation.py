"""What a nondeterministic collation calls equal, as a text that is equal exactly then.

Surprising: only ICU's strength is understood (BCP 47 ``-u-ks-level1`` … ``level3``, ``identic``). A collation with
other settings, such as one that ignores punctuation, has no such text here; columns with one are not masked by value.
"""

from __future__ import annotations

import re
import unicodedata

import polars as pl

_SETTINGS = re.compile(r"-u((?:-[a-z0-9]{2,8})+)$", re.IGNORECASE)
_STRENGTHS = {"level1": 1, "level2": 2, "level3": 3, "identic": 3}
_DEFAULT_STRENGTH = 3


def strength(locale: str) -> int | None:
    """1: neither accents nor case count; 2: accents do; 3: all but how a character is composed. None: not known."""
    found = _SETTINGS.search(locale)
    if found is None:
        return None if "@" in locale else _DEFAULT_STRENGTH
    words = found[1].lower().strip("-").split("-")
    if len(words) != 2 or words[0] != "ks":
        return None
    return _STRENGTHS.get(words[1])


def normal(raw: pl.Series, locale: str) -> pl.Series:
    """*raw* in a form that is equal where the collation calls the values equal."""
    level = strength(locale) or _DEFAULT_STRENGTH
    distinct = raw.unique(maintain_order=True).drop_nulls()
    forms = pl.Series([_form(text, level) for text in distinct], dtype=pl.String)
    return raw.replace_strict(distinct, forms, default=None) if len(distinct) else raw


def _form(text: str, level: int) -> str:
    composed = unicodedata.normalize("NFC", text)
    if level >= _DEFAULT_STRENGTH:
        return composed
    compatible = unicodedata.normalize("NFKC", composed)
    if level > 1:
        return compatible.lower()  # ß is no ss at this strength
    letters = unicodedata.normalize("NFKD", compatible.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
