"""The words that masks draw from, frozen into files (see ``freeze``) and read when first needed.

Surprising: a list is cut to a column's length before anything is drawn, and what then repeats is dropped. Entries are
distinct, case aside, so that stepping to the next entry always gives another word.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from stagecopy.errors import UsageError
from stagecopy.yamlfile import suggestion

FOLDER = Path(__file__).parent / "vocabularies"
LOCALES = ("en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "pl_PL", "ja_JP")

_LETTERS = str.maketrans({"ł": "l", "Ł": "l", "ß": "ss", "ø": "o", "Ø": "o", "æ": "ae", "Æ": "ae", "đ": "d", "œ": "oe"})


def ascii_form(word: str) -> str:
    """*word* as lower-case a-z, for e-mail addresses and user names; may be empty."""
    plain = unicodedata.normalize("NFKD", word.translate(_LETTERS)).lower()
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())


def checksum(lists: Mapping[str, Any]) -> str:
    """sha256 over the lists, the same for the same words."""
    return hashlib.sha256(json.dumps(lists, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One locale's lists. ``faker`` and ``sha256`` say where they come from."""

    locale: str
    faker: str
    sha256: str
    lists: Mapping[str, tuple[str, ...]]

    def form(self, name: str) -> str:
        """A template such as ``{first} {last}``."""
        return self.lists[name][0]


@functools.cache
def vocabulary(locale: str) -> Vocabulary:
    """The vocabulary of *locale*. Raises UsageError ``unknown-locale``."""
    if locale not in LOCALES:
        raise UsageError(
            "unknown-locale",
            f"there is no vocabulary for locale {locale!r}; there are {', '.join(LOCALES)}",
            hint=suggestion(locale, LOCALES),
        )
    document = json.loads(gzip.decompress((FOLDER / f"{locale}.json.gz").read_bytes()))
    lists = {name: tuple(words) for name, words in document["lists"].items()}
    return Vocabulary(locale, document["faker"], document["sha256"], lists)


@functools.cache
def entries(locale: str, name: str, length: int | None) -> pl.Series:
    """The words of one list, cut to *length* characters."""
    words: dict[str, str] = {}
    for word in vocabulary(locale).lists[name]:
        short = word[:length].rstrip()
        words.setdefault(short.lower(), short)
    return pl.Series(name, list(words.values()), dtype=pl.String)


@functools.cache
def spelled(locale: str, name: str, spare: str) -> pl.Series:
    """The words of list *name* as lower-case a-z, entry by entry; from list *spare* where nothing is left of one."""
    lists = vocabulary(locale).lists
    words = [ascii_form(word) or lists[spare][place % len(lists[spare])] for place, word in enumerate(lists[name])]
    return pl.Series(name, words, dtype=pl.String)
