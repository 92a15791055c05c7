"""PostgreSQL's text of arrays: ``{a,"b c",NULL}``, any number of dimensions, bounds in front (``[0:1]={a,b}``)."""

from __future__ import annotations

import functools
import re

from stagecopy.masking.spans import ShapeError, Span

_BOUNDS = re.compile(r"(?:\[[+-]?\d+:[+-]?\d+\])+=")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL = re.compile(r'([\\"])')


@functools.cache
def _token(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter)
    return re.compile(
        rf'(?P<open>\{{)|(?P<close>\}})|(?P<next>{mark})|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^{{}}"\\{mark}]+)',
        re.DOTALL,
    )


@functools.cache
def _plain(delimiter: str) -> re.Pattern[str]:
    """What stands without quotes."""
    return re.compile(rf'[^"\\{{}} \t\n\r\v\f{re.escape(delimiter)}]+')


def array_spans(text: str, delimiter: str = ",") -> list[Span]:
    """The elements in the order they stand. Raises ShapeError."""
    bounds = _BOUNDS.match(text)
    start = position = bounds.end() if bounds else 0
    spans: list[Span] = []
    depth = 0
    token = _token(delimiter)
    while position < len(text):
        found = token.match(text, position)
        if found is None or (depth == 0 and position > start):
            raise ShapeError("not an array")
        kind = found.lastgroup
        if kind in ("quoted", "bare"):
            spans.append(_span(found))
        depth += (kind == "open") - (kind == "close")
        if depth == 0 and kind != "close":
            raise ShapeError("not an array")
        position = found.end()
    if depth or position == start:
        raise ShapeError("not an array")
    return spans


def _span(found: re.Match[str]) -> Span:
    bare = found["bare"]
    if bare is None:
        return Span(found.start(), found.end(), _ESCAPED.sub(r"\1", found["quoted"]))
    return Span(found.start(), found.end(), None if bare.upper() == "NULL" else bare)


def array_spelled(value: str | None, delimiter: str = ",") -> str:
    """One element as the server would write it."""
    if value is None:
        return "NULL"
    if _plain(delimiter).fullmatch(value) and value.upper() != "NULL":
        return value
    return '"' + _SPECIAL.sub(r"\\\1", value) + '"'
