"""PostgreSQL's text of composite values: ``(a,"b c",)``; nothing at all between two commas is NULL."""

from __future__ import annotations

import re

from stagecopy.masking.spans import ShapeError, Span

_FIELD = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.|"")*)"|(?P<bare>[^"\\(),]*)', re.DOTALL)
_DOUBLED = re.compile(r'\\(.)|"(")', re.DOTALL)
_SPECIAL = re.compile(r'([\\"])')
_QUOTED = frozenset('"\\(), \t\n\r\v\f')


def row_spans(text: str) -> list[Span]:
    """The fields in order. Raises ShapeError."""
    if not text.startswith("("):
        raise ShapeError("not a composite value")
    spans: list[Span] = []
    position = 0
    while not spans or text[position : position + 1] == ",":
        found = _FIELD.match(text, position + 1)
        if found is None:
            break
        spans.append(_span(found))
        position = found.end()
    if text[position:] != ")":
        raise ShapeError("not a composite value")
    return spans


def _span(found: re.Match[str]) -> Span:
    quoted = found["quoted"]
    if quoted is None:
        return Span(found.start(), found.end(), found["bare"] or None)
    return Span(found.start(), found.end(), _DOUBLED.sub(lambda each: each[1] or each[2], quoted))


def row_spelled(value: str | None) -> str:
    """One field as the server would write it."""
    if value is None:
        return ""
    if value and not _QUOTED & {*value}:
        return value
    return '"' + _SPECIAL.sub(r"\1\1", value) + '"'
