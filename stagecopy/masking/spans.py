"""The values inside a value's text: where each stands, and the text with some of them replaced.

Surprising: nothing is ever written anew. Whatever is not replaced (bounds, nesting, spelling, kept parts) leaves byte
for byte as production wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class ShapeError(ValueError):
    """Not the text of the type it should be. The message holds no value."""


@dataclass(frozen=True, slots=True)
class Span:
    """One value: from *start* up to *end* of the text as spelled there, *value* as meant; None is NULL."""

    start: int
    end: int
    value: str | None


def spliced(text: str, replaced: Iterable[tuple[Span, str]]) -> str:
    """The text with each span, in order, spelled anew."""
    pieces: list[str] = []
    position = 0
    for span, spelled in replaced:
        pieces += (text[position : span.start], spelled)
        position = span.end
    return "".join([*pieces, text[position:]])
