"""Cuts SQL text into tokens, just far enough to know where a statement may end.

Surprising: this follows psql's reading, not the server's, in the places where they differ, because a migration is
judged by what psql would have sent. psql reads line by line, so a string continued on the next line starts anew (an
E'' prefix does not carry over); ``:name`` swallows the name, so ``:e'`` starts no escape string; a number swallows the
word that touches it, so ``1e'`` starts none either. What is no token of SQL is one here: the server judges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Kinds of tokens: the names of the groups below. Plain text, because a large file has millions of them.
SPACE = "SPACE"
LINE_COMMENT = "LINE_COMMENT"
BLOCK_COMMENT = "BLOCK_COMMENT"
WORD = "WORD"
STRING = "STRING"
OPEN = "OPEN"
CLOSE = "CLOSE"
SEMICOLON = "SEMICOLON"
BACKSLASH = "BACKSLASH"
OTHER = "OTHER"

FILLER = frozenset({SPACE, LINE_COMMENT, BLOCK_COMMENT})  # a statement neither begins nor ends with these

Token = tuple[str, int, int]  # kind, start, end

_LETTER = r"A-Za-z_\x80-\U0010FFFF"
_WORD = rf"[{_LETTER}][{_LETTER}0-9$]*+"
_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_TOKEN = re.compile(
    rf"""
      (?P<SPACE>         \ufeff(?<=\A.) | [ \t\n\r\f]+ )
    | (?P<LINE_COMMENT>  --[^\n\r]*+ )
    | (?P<BLOCK_COMMENT> /\* )                               # nests: its end is searched for by hand
    | (?P<ESCAPED>       [eE]' )
    | (?P<PREFIXED>      (?:[bBxX]|[uU]&)' )
    | (?P<PLAIN>         ' )
    | (?P<STRING>        "[^"]*+"?                           # a doubled quote reads as two names side by side
                       | \$(?P<tag>(?:[{_LETTER}][{_LETTER}0-9]*+)?)\$ (?s:.*?) (?:\$(?P=tag)\$|\Z) )
    | (?P<WORD>          {_WORD} )
    | (?P<OPEN>          \( )
    | (?P<CLOSE>         \) )
    | (?P<SEMICOLON>     ; )
    | (?P<BACKSLASH>     \\ )
    | (?P<OTHER>         :(?:[{_LETTER}0-9]++|[:=])          # a variable of psql, a cast, a named argument
                       | {_NUMBER}(?:[eE][-+](?![0-9])|(?:[eE][-+]?[0-9]+)?(?:{_WORD})?)
                       | \$[0-9]++(?:{_WORD})?
                       | [,=<>*+%^&|~!@\#?`\[\]{{}}]++ | (?s:.) )
    """,
    re.VERBOSE,
)
_UNESCAPED = re.compile(r"[^']*+'?")
_ESCAPED = re.compile(r"(?:[^'\\]|\\.|'')*+\\?'?", re.DOTALL)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


def tokens(text: str, *, standard_strings: bool = True) -> Iterator[Token]:
    """Every character of *text* in exactly one token, in order.

    An unterminated quote or block comment reaches to the end; such a comment is OTHER: the server shall see it.
    *standard_strings* is the session's standard_conforming_strings.
    """
    plain = _UNESCAPED if standard_strings else _ESCAPED
    rests = {"ESCAPED": _ESCAPED, "PREFIXED": _UNESCAPED, "PLAIN": plain}
    position = 0
    while found := _TOKEN.match(text, position):
        name, end = str(found.lastgroup), found.end()
        if name == BLOCK_COMMENT:
            name, end = _comment(text, end)
        elif rest := rests.get(name):
            name, end = STRING, _end(rest, text, end)
        yield name, position, end
        position = end


def _end(rest: re.Pattern[str], text: str, position: int) -> int:
    found = rest.match(text, position)
    return found.end() if found else position


def _comment(text: str, position: int) -> tuple[str, int]:
    """Kind and end of a block comment whose opening ends at *position*."""
    depth = 1
    while edge := _COMMENT_EDGE.search(text, position):
        depth += 1 if edge.group() == "/*" else -1
        position = edge.end()
        if depth == 0:
            return BLOCK_COMMENT, position
    return OTHER, len(text)
