"""Texts as they read once the escapes of JSON, web addresses and bytea are undone: ``\\u00fc``, ``%C3%BC``.

Surprising: letters beyond Latin stay escaped, and what is escaped twice is undone once. Texts come in lower case and
stay so.
"""

from __future__ import annotations

import functools

import polars as pl

_ESCAPED = r"\\u0|\\/|%[2-7c][0-9a-f]|\\30[2-5]\\"
_PRINTABLE, _END_OF_ASCII, _AFTER_CONTROLS, _END_OF_LATIN = 0x20, 0x7F, 0xA0, 0x180


def unescaped(texts: pl.Series) -> pl.Series:
    """Those of *texts* that hold such escapes, without them."""
    found = texts.filter(texts.str.contains(_ESCAPED))
    if not len(found):
        return found
    patterns, meanings = _escapes()
    return found.str.replace_many(patterns, meanings)


@functools.cache
def _escapes() -> tuple[list[str], list[str]]:
    known = {"\\/": "/"}
    for code in range(_PRINTABLE, _END_OF_LATIN):
        if not _END_OF_ASCII <= code < _AFTER_CONTROLS:
            letter = chr(code).lower()
            known[f"\\u{code:04x}"] = letter
            known["".join(f"%{byte:02x}" for byte in chr(code).encode())] = letter
            if code >= _AFTER_CONTROLS:
                known["".join(f"\\{byte:03o}" for byte in chr(code).encode())] = letter
    return list(known), list(known.values())
