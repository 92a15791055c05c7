"""Cuts a database name into plain lower-case words: ``"strKundenEMail"`` and ``kunden_e_mail`` read the same.

Surprising: a run of lower-case letters that is no known word is cut again if known words fill it completely
(``firstname``, ``telefonnummer``), because many schemas write compounds without a separator.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

Words = tuple[str, ...]

_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "đ": "d", "ı": "i"})
_SHORTEST_COMPOUND = 6
_LONGEST_COMPOUND = 40  # a name has at most 63 bytes; longer runs are no compounds of ours
_SHORT_PARTS = frozenset({"id", "no", "nr", "ip", "e"})


def fold(text: str) -> str:
    """*text* without accents: ``Straße`` -> ``Strasse``, ``prénom`` -> ``prenom``."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def singular(word: str) -> str:
    """The word without an English (or Spanish, French, Portuguese) plural ending, as a guess."""
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word.removesuffix("s")


def split(name: str, known: Collection[str]) -> Words:
    """The words of *name*; each is the known spelling (singular) where *known* has it."""
    words: list[str] = []
    for piece in _PIECES.findall(fold(name)):
        words.extend(_resolve(piece.lower(), frozenset(known)))
    return tuple(words)


@lru_cache(maxsize=16384)
def _resolve(piece: str, known: frozenset[str]) -> Words:
    if piece in known:
        return (piece,)
    if singular(piece) in known:
        return (singular(piece),)
    if not _SHORTEST_COMPOUND <= len(piece) <= _LONGEST_COMPOUND or not piece.isascii():
        return (piece,)
    return _compound(piece, known) or (piece,)


def _compound(piece: str, known: frozenset[str]) -> Words | None:
    """The fewest known words that fill *piece*, or None. A linking ``s`` or ``n`` between two words is let pass."""
    best: list[Words | None] = [()] + [None] * len(piece)
    for end in range(1, len(piece) + 1):
        for start in range(end):
            before = best[start]
            word = _part(piece[start:end], known, last=end == len(piece))
            if before is None or word is None:
                continue
            candidate = (*before, word)
            current = best[end]
            if current is None or len(candidate) < len(current):
                best[end] = candidate
    return best[len(piece)]


def _part(text: str, known: frozenset[str], *, last: bool) -> str | None:
    if len(text) >= 3 or text in _SHORT_PARTS:
        if text in known:
            return text
        if last and singular(text) in known:
            return singular(text)
    if not last and len(text) >= 5 and text[-1] in "sn" and text[:-1] in known:
        return text[:-1]
    return None
