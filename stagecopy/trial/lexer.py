"""Cuts a migration into statements as psql does.

A semicolon ends a statement unless it stands in quotes, comments, parentheses or the BEGIN ... END body of a CREATE
FUNCTION or PROCEDURE. Surprising: that last rule is psql's own guess, taken over as it is. It looks at the first
words only, counts every bare BEGIN outside parentheses, and CASE only inside one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from stagecopy.errors import UsageError
from stagecopy.model.migration import SourceFile, Statement
from stagecopy.trial.tokens import BACKSLASH, CLOSE, FILLER, OPEN, SEMICOLON, WORD, Token, tokens

_HEAD_WORDS = frozenset({"create", "or", "replace", "function", "procedure"})
_MAY_NEED_PSQL = re.compile(r"(?i)\\|\bstd(?:in|out)\b")
_ROUTINE_HEADS = frozenset(
    (*start, kind) for start in (("create",), ("create", "or", "replace")) for kind in ("function", "procedure")
)


class Role(Enum):
    """What a piece of a file is."""

    STATEMENT = auto()
    FILLER = auto()  # white space, comments, a byte order mark
    SEPARATOR = auto()  # the closing semicolon


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a file's text with one role; all pieces in order are the file."""

    role: Role
    text: str


@dataclass(slots=True)
class _Nesting:
    """Where a statement stands: a semicolon ends it only at depth 0 and outside a routine's body."""

    depth: int = 0
    body: int = 0
    words: list[str] = field(default_factory=list)

    def feed(self, kind: str, word: str) -> None:
        if kind == OPEN:
            self.depth += 1
        elif kind == CLOSE:
            self.depth = max(0, self.depth - 1)
        elif word:
            self._word(word)

    def _word(self, word: str) -> None:
        if len(self.words) < 4:
            self.words.append(word if word in _HEAD_WORDS else "")
        if self.depth or self.words[0] != "create" or not self._creates_routine():
            return
        if word == "begin" or (word == "case" and self.body):
            self.body += 1
        elif word == "end":
            self.body = max(0, self.body - 1)

    def _creates_routine(self) -> bool:
        return tuple(self.words[:2]) in _ROUTINE_HEADS or tuple(self.words) in _ROUTINE_HEADS


@dataclass(slots=True)
class _Cut:
    """A stretch of the text up to its semicolon or the text's end; the statement is what its real tokens span."""

    start: int
    first: int = -1  # where the statement starts; -1 while there is only filler
    last: int = -1
    end: int = -1
    closed: bool = False
    psql_only: tuple[str, int] | None = None  # what only psql can run, and where
    _nesting: _Nesting = field(default_factory=_Nesting)
    _copies: bool = False
    _before: str = ""

    def ends_at(self, kind: str) -> bool:
        return kind == SEMICOLON and self._nesting.depth == 0 and self._nesting.body == 0

    def feed(self, token: Token, text: str) -> None:
        kind, start, self.end = token
        if kind in FILLER:
            return
        word = text[start : self.end].lower() if kind == WORD else ""
        if self.first < 0:
            self.first = start
            self._copies = word == "copy"
        self.last = self.end
        self._nesting.feed(kind, word)
        if self._copies or kind == BACKSLASH:
            self._look_for_psql(kind, start, word)

    def _look_for_psql(self, kind: str, start: int, word: str) -> None:
        if self.psql_only:
            return
        if kind == BACKSLASH:
            self.psql_only = ("a psql meta-command", start)
        elif self._nesting.depth == 0:
            if self._before == "from" and word in ("stdin", "stdout"):  # either means the client to the server
                self.psql_only = ("COPY FROM STDIN", start)
            self._before = word


def split(file: SourceFile, *, standard_strings: bool = True) -> tuple[Statement, ...]:
    """The statements of *file*, without the empty ones.

    *standard_strings* is the session's standard_conforming_strings. Raises UsageError ``not-utf8``, ``nul-byte`` or
    ``needs-psql`` (a meta-command, or COPY FROM STDIN, whose data only psql reads from the file).
    """
    text = decode(file)
    statements: list[Statement] = []
    line, counted = 1, 0
    for cut in _cuts(text, standard_strings=standard_strings):
        if cut.psql_only:
            raise _needs_psql(file.name, text, cut.psql_only)
        if cut.first >= 0:
            line += text.count("\n", counted, cut.first)
            counted = cut.first
            statements.append(Statement(text[cut.first : cut.last], line, file.name))
    return tuple(statements)


def only_psql(file: SourceFile) -> tuple[str, int] | None:
    """What in *file* only psql can run, and its line; None when the server can run all of it. Raises as ``split``."""
    text = decode(file)
    if not _MAY_NEED_PSQL.search(text):
        return None
    for cut in _cuts(text, standard_strings=True):
        if cut.psql_only:
            what, position = cut.psql_only
            return what, _line_at(text, position)
    return None


def decode(file: SourceFile) -> str:
    """The text of *file*, a byte order mark included. Raises UsageError ``not-utf8`` or ``nul-byte``."""
    try:
        text = file.text.decode("utf-8")
    except UnicodeDecodeError as failure:
        line = file.text.count(b"\n", 0, failure.start) + 1
        message = f"{file.name} is not UTF-8 text"
        hint = "convert it, for example with iconv -t UTF-8"
        raise UsageError("not-utf8", message, hint=hint, where=f"{file.name}:{line}") from None
    if (nul := text.find("\0")) >= 0:  # libpq would end the statement there, and nobody would notice
        where = f"{file.name}:{_line_at(text, nul)}"
        raise UsageError("nul-byte", f"{file.name} contains a zero byte", hint="remove the zero byte", where=where)
    return text


def pieces(text: str, *, standard_strings: bool = True) -> Iterator[Piece]:
    """All of *text* in order: statements, what stands between them, and their semicolons.

    Joined again they are *text*: nothing is lost and nothing belongs to two statements.
    """
    for cut in _cuts(text, standard_strings=standard_strings):
        first, last = (cut.first, cut.last) if cut.first >= 0 else (cut.end, cut.end)
        yield from (
            Piece(role, text[start:end])
            for role, start, end in (
                (Role.FILLER, cut.start, first),
                (Role.STATEMENT, first, last),
                (Role.FILLER, last, cut.end),
            )
            if end > start
        )
        if cut.closed:
            yield Piece(Role.SEPARATOR, ";")


def _cuts(text: str, *, standard_strings: bool) -> Iterator[_Cut]:
    cut = _Cut(start=0, end=0)
    for token in tokens(text, standard_strings=standard_strings):
        kind, _, end = token
        if cut.ends_at(kind):
            cut.closed = True
            yield cut
            cut = _Cut(start=end, end=end)
        else:
            cut.feed(token, text)
    if cut.end > cut.start:
        yield cut


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _needs_psql(name: str, text: str, found: tuple[str, int]) -> UsageError:
    what, position = found
    return UsageError(
        "needs-psql",
        f"{name} contains {what}, which only psql can run",
        hint="leave it out: a trial sends the statements of the file to the server itself",
        where=f"{name}:{_line_at(text, position)}",
    )
