"""PostgreSQL's COPY text format: whole lines out of any chunks, escapes, and polars frames.

Text format escapes tab, newline, carriage return and backslash inside values, so splitting at raw tabs and newlines is
exact and ``\\N`` alone is NULL. Traps met here once and for all: polars drops a byte order mark at the start of what it
reads, fills missing fields with '' in silence, and swallows a carriage return before a newline.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

import polars as pl

from stagecopy.masking.wide import apart

END = b"\\."
_NULL = "\\N"
_OTHER_WIDTH = "a row with another number of columns"
_BOM = b"\xef\xbb\xbf"
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_ESCAPE = re.compile(rb"\\(?:(?P<octal>[0-7]{1,3})|x(?P<hex>[0-9A-Fa-f]{1,2})|(?P<other>.))", re.DOTALL)
_PAIRS = {"\\\\": "\\", "\\b": "\b", "\\f": "\f", "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\v": "\v"}
_UNUSUAL = r"(?:^|[^\\])(?:\\\\)*\\[^\\bfnrtv]"  # not the second of two backslashes
_SPECIAL = r"[\\\x08-\x0d]"


class MalformedError(ValueError):
    """Not COPY text of the columns it should have. The message holds no value."""


def whole_lines(chunks: Iterable[bytes], size: int, *, widest: int | None = None) -> Iterator[bytes]:
    """Batches of whole lines of about *size* bytes; a line beyond *widest* (twice that) is a batch of its own.

    Ends at the line ``\\.`` that closes the data of a dump file; only empty lines may follow it.
    """
    ended = False
    for batch in _joined(chunks, size):
        if ended:
            _nothing_more(batch)
            continue
        end = _end_marker(batch)
        if end is None:
            yield from apart(batch, widest or 2 * size)
            continue
        ended = True
        _nothing_more(batch[end + len(END) + 1 :])
        if end:
            yield batch[:end]


def _joined(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The bytes cut at newlines only; a last line without one gets it."""
    waiting: list[bytes] = []
    length = 0
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            piece = chunk[start : start + size]
            length += len(piece)
            # Only the newest piece is searched, so a row wider than a batch costs one look at each byte.
            cut = piece.rfind(b"\n") + 1 if length >= size else 0
            if cut:
                batch = b"".join([*waiting, piece[:cut]])
                waiting, length = [], len(piece) - cut
                yield batch
                del batch  # it may be one row of hundreds of megabytes
            waiting.append(piece[cut:])
    rest = b"".join(waiting)
    if rest:
        yield rest if rest.endswith(b"\n") else rest + b"\n"


def _end_marker(batch: bytes) -> int | None:
    if b"\\" not in batch:  # one letter is found far quicker than four
        return None
    if batch.startswith(END + b"\n"):
        return 0
    found = batch.find(b"\n" + END + b"\n")
    return None if found < 0 else found + 1


def _nothing_more(rest: bytes) -> None:
    if rest.strip(b"\n"):
        raise MalformedError("data after the end marker")


def read(batch: bytes, columns: int) -> pl.DataFrame:
    """The batch as a frame of still escaped text, columns named 0, 1, 2, …; NULL is null.

    Raises MalformedError, or polars' ComputeError for bytes that are not UTF-8.
    """
    if b"\r" in batch:
        raise MalformedError("a raw carriage return")
    # A first row of its own takes the loss when the data begins with a byte order mark.
    guard = batch.startswith(_BOM)
    frame = _parsed(b"\t" * (columns - 1) + b"\n" + batch if guard else batch, columns)
    frame = frame.slice(1) if guard else frame
    if _size(frame) != len(batch):
        raise MalformedError(_OTHER_WIDTH)
    return frame


def _parsed(source: bytes, columns: int) -> pl.DataFrame:
    try:
        return pl.read_csv(
            source,
            has_header=False,
            separator="\t",
            quote_char=None,
            null_values=_NULL,
            empty_string_is_null=False,
            infer_schema=False,
            schema={str(position): pl.String for position in range(columns)},
        )
    except pl.exceptions.PolarsError:  # of one kind or another for a row too long, and for one that is not UTF-8
        with suppress(UnicodeDecodeError):
            source.decode()
            raise MalformedError(_OTHER_WIDTH) from None
        raise


def _size(frame: pl.DataFrame) -> int:
    """How many bytes the frame was read from, if nothing was added and nothing lost: cheaper than to count."""
    lengths = frame.select(pl.all().str.len_bytes().fill_null(len(_NULL)).sum())
    return int(sum(lengths.row(0))) + frame.height * frame.width


def write(frame: pl.DataFrame) -> bytes:
    """The frame as COPY text; its values are escaped already."""
    out = io.BytesIO()
    frame.write_csv(out, include_header=False, separator="\t", quote_style="never", null_value=_NULL)
    return out.getvalue()


def unescape(series: pl.Series) -> pl.Series:
    """The values themselves. Raises UnicodeDecodeError when escaped bytes are not UTF-8."""
    found = series.str.contains("\\", literal=True)
    if not found.any():
        return series
    plain = series.str.replace_many(list(_PAIRS), list(_PAIRS.values()))
    unusual = series.str.contains(_UNUSUAL).fill_null(value=False).arg_true()
    if not len(unusual):
        return plain
    # Octal, hex and needless escapes: PostgreSQL reads them but never writes them.
    slow = [unescape_value(series[row]) for row in unusual]
    return plain.scatter(unusual, pl.Series(slow, dtype=pl.String))


def unescape_value(text: str) -> str:
    """One value. Raises UnicodeDecodeError when escaped bytes are not UTF-8."""
    return _ESCAPE.sub(_meaning, text.encode()).decode()


def _meaning(found: re.Match[bytes]) -> bytes:
    if found["octal"]:
        return bytes([int(found["octal"], 8) & 0xFF])
    if found["hex"]:
        return bytes([int(found["hex"], 16)])
    return _LETTERS.get(found["other"], found["other"])


def special(series: pl.Series) -> bool:
    """Whether any value is spelled in another way than it reads."""
    return bool(series.str.contains(_SPECIAL).any())


def escape(series: pl.Series) -> pl.Series:
    """The values as COPY text spells them."""
    return series.str.replace_many(list(_PAIRS.values()), list(_PAIRS))
