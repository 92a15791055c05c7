"""Makes the text of a query fit to be kept: without comments, and without any literal that may be a row's value.

Surprising: pg_stat_statements is not relied on. It leaves comments as they are, and under pressure whole texts; so
every literal that it left becomes a parameter here. Quoted names become others too, unless the catalog knows them: a
report made by pivot has its customers as aliases. What is left of such a text need not mean anything, and then the
server says so, before the migration as well as after it.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field

from stagecopy.trial.tokens import CLOSE, FILLER, OPEN, OTHER, SEMICOLON, STRING, WORD, tokens

_LONGEST = 20_000
_ASKS = re.compile(r"(?i)\s*(?:\(\s*)*(?:select|insert|update|delete|merge|with)\b")
_CATALOG = re.compile(r"(?i)\bpg_catalog\b|\binformation_schema\b|\b(?:from|join)\s+pg_|\bpg_stat_")
_PARAMETER = re.compile(r"\$([0-9]+)")
_NUMBER = re.compile(r":?\.?[0-9]")
# `interval '1 day'` is left as `interval $1`, which is no SQL; this is.
_TYPED = re.compile(r"(?i)\b(interval|date|time(?:stamp)?(?:tz| with(?:out)? time zone)?) (\$[0-9]+)\b")
_SIZED = frozenset(("char", "character", "varchar", "varying", "numeric", "decimal", "bit", "varbit", "float"))
_SIZED |= frozenset(("time", "timestamp", "timetz", "timestamptz", "interval"))


class _UnfitError(Exception):
    """The text cannot be read for sure."""


def asks(text: str) -> bool:
    """Whether it is a statement that an application asks: it reads or writes rows of its own tables."""
    return bool(_ASKS.match(text)) and not _CATALOG.search(text)


def harmless(text: str, names: Container[str] | None = None) -> str | None:
    """*text* without comments and values; None where it is not fit to be kept.

    *names* of the catalog may stand in quotes; None: whoever wrote the text may quote what he likes.
    """
    if len(text) > _LONGEST or "\\" in text or "\0" in text:  # whether \' ends a string is the session's choice
        return None
    used = [int(found[1]) for found in _PARAMETER.finditer(text) if len(found[1]) < 6]
    cleaning = _Cleaning(names, max(used, default=0))
    try:
        for kind, start, end in tokens(text):
            cleaning.feed(kind, text[start:end])
    except _UnfitError:
        return None
    return _TYPED.sub(r"CAST(\2 AS \1)", cleaning.text) if asks(cleaning.text) else None


@dataclass(slots=True)
class _Cleaning:
    names: Container[str] | None
    parameters: int
    _pieces: list[str] = field(default_factory=list)
    _word: str = ""  # the word just before, if nothing but space came since
    _sized: bool = False  # inside the parentheses of a type
    _ended: bool = False
    _others: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(self._pieces).strip()

    def feed(self, kind: str, piece: str) -> None:
        if kind in FILLER:
            self._space()
            return
        if self._ended:
            raise _UnfitError
        self._ended = kind == SEMICOLON
        if not self._ended:
            self._take(kind, piece)

    def _take(self, kind: str, piece: str) -> None:
        before, self._word = self._word, piece.lower() if kind == WORD else ""
        if kind == OPEN:
            self._sized = before in _SIZED
        elif kind == CLOSE:
            self._sized = False
        if kind == STRING:
            self._string(piece, before)
        elif kind == OTHER and _NUMBER.match(piece):
            self._number(piece)
        elif kind == OTHER and (piece.startswith("/*") or (piece[0] == "$" and not _PARAMETER.fullmatch(piece))):
            raise _UnfitError  # a comment without end, or what is no parameter
        else:
            self._pieces.append(piece)

    def _space(self) -> None:
        if self._pieces and self._pieces[-1] != " ":
            self._pieces.append(" ")

    def _string(self, piece: str, before: str) -> None:
        if piece[0] != '"':
            self._parameter()
        elif len(piece) < 3 or not piece.endswith('"'):
            raise _UnfitError
        elif self.names is None or piece[1:-1] in self.names or before == "collate":
            self._pieces.append(piece)
        else:
            self._pieces.append(self._others.setdefault(piece, f'"x{len(self._others) + 1}"'))

    def _number(self, piece: str) -> None:
        if piece.startswith(":"):  # the end of a slice
            self._pieces.append(":")
            piece = piece[1:]
        if len(piece) == 1 or (self._sized and piece.isdigit()):  # ORDER BY 1; varchar(255)
            self._pieces.append(piece)
        else:
            self._parameter()

    def _parameter(self) -> None:
        self.parameters += 1
        self._space()
        self._pieces += [f"${self.parameters}", " "]
