"""Rows wider than a batch: taken alone and cell by cell, so that memory grows with the row and not with its copies.

Surprising: a cell beyond ``WHOLE`` bytes is searched in windows that overlap and no longer as one text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

WHOLE = 32 << 20
_WINDOW, _OVERLAP = 1 << 20, 8 << 10
_PIECE = 1 << 20
_BACKSLASH = ord("\\")


@dataclass(frozen=True, slots=True)
class WideRow:
    """One line of COPY text in its fields, as they are escaped: views, not copies."""

    fields: list[memoryview]

    @classmethod
    def of(cls, line: bytes) -> WideRow:
        """The fields of *line*, which ends in a newline."""
        view, fields, start = memoryview(line), [], 0
        while (end := line.find(b"\t", start)) >= 0:
            fields.append(view[start:end])
            start = end + 1
        return cls([*fields, view[start:-1]])

    def only(self, places: Collection[int]) -> bytes:
        """The line with all other fields empty."""
        return b"\t".join(field if place in places else b"" for place, field in enumerate(self.fields)) + b"\n"

    def merged(self, masked: bytes, places: Collection[int]) -> Iterator[bytes]:
        """The line in pieces, with the fields in *places* taken from the line *masked*."""
        new = WideRow.of(masked).fields
        for place, field in enumerate(self.fields):
            yield b"\t" if place else b""
            chosen = new[place] if place in places else field
            for start in range(0, len(chosen), _PIECE):
                yield bytes(chosen[start : start + _PIECE])
        yield b"\n"


def is_wide(batch: bytes, size: int) -> bool:
    """Whether *batch* is one line that ``apart`` took out of a batch of *size*."""
    return len(batch) > size and batch.find(b"\n") == len(batch) - 1


def apart(batch: bytes, size: int) -> Iterator[bytes]:
    """*batch* with every line longer than *size* on its own."""
    if len(batch) <= size:
        yield batch
        return
    start = position = 0
    while position < len(batch):
        end = batch.index(b"\n", position) + 1
        if end - position > size:
            if position > start:
                yield batch[start:position]
            yield batch[position:end]
            start = end
        position = end
    if start < len(batch):
        yield batch[start:]


def windows(field: bytes | memoryview) -> Iterator[tuple[str, bool]]:
    """Texts to search in place of *field*, each with whether it is a long one as a whole, which is not cut up."""
    if _WINDOW < len(field) <= WHOLE:
        yield str(field, "utf-8", "replace"), True
    for start in range(0, len(field), _WINDOW):
        first, last = (_outside(field, place) for place in (start, start + _WINDOW + _OVERLAP))
        yield str(field[first:last], "utf-8", "replace"), False


def _outside(field: bytes | memoryview, place: int) -> int:
    """*place*, or the one before where it lies within an escape: after an odd number of backslashes."""
    first = place
    while 0 < first <= len(field) and field[first - 1] == _BACKSLASH:
        first -= 1
    return place - (place - first) % 2
