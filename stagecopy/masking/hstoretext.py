"""The text of hstore as its extension writes it: ``"key"=>"value", "other"=>NULL``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stagecopy.masking.spans import ShapeError, Span

_PAIR = re.compile(r'"(?P<key>(?:[^"\\]|\\.)*)"=>(?P<value>"(?P<text>(?:[^"\\]|\\.)*)"|NULL)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL = re.compile(r'([\\"])')
_BETWEEN = ", "


def hstore_spans(text: str) -> Iterator[tuple[str, Span]]:
    """Each key and where its value stands. Raises ShapeError."""
    position = 0
    while position < len(text):
        if position and not text.startswith(_BETWEEN, position):
            raise ShapeError("not an hstore")
        found = _PAIR.match(text, position + len(_BETWEEN) if position else 0)
        if found is None:
            raise ShapeError("not an hstore")
        value = None if found["text"] is None else _ESCAPED.sub(r"\1", found["text"])
        yield _ESCAPED.sub(r"\1", found["key"]), Span(found.start("value"), found.end("value"), value)
        position = found.end()


def hstore_spelled(value: str | None) -> str:
    """One value as the extension would write it."""
    return "NULL" if value is None else '"' + _SPECIAL.sub(r"\\\1", value) + '"'
