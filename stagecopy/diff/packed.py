"""Turns packs, the strings in which a server hands out rows, into data frames, without a Python loop over rows."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from stagecopy.diff.pairing import KEY, SCHEMA
from stagecopy.errors import StagingError
from stagecopy.postgres.diffrows import Pack, RowSide

_NUMBER, PLACE = 8, 6  # bytes


def _joined(packs: Sequence[Pack], index: int) -> bytes:
    return b"".join(pack[index] or b"" for pack in packs)


def _cut(data: bytes, kind: type[pl.DataType], size: int) -> pl.Series:
    """All of *data* as numbers of *size* bytes, the highest byte first."""
    if not data:
        return pl.Series(dtype=kind)
    whole = pl.Series([data], dtype=pl.Binary)
    return whole.bin.reinterpret(dtype=pl.Array(kind, len(data) // size), endianness="big").explode()


def _numbers(data: bytes, rows: int) -> pl.Series:
    """A string that is not as long as the others would shift values to other rows: never seen, never believed."""
    if len(data) != rows * _NUMBER:
        raise StagingError("diff-failed", f"the server packed {len(data)} bytes for {rows} rows")
    return _cut(data, pl.Int64, _NUMBER)


def _places(data: bytes) -> pl.Series:
    words = _cut(data, pl.UInt16, 2)  # two of the block, one of the row within
    high, low, row = (words.gather_every(3, offset).cast(pl.Int64) for offset in range(3))
    return high * 2**32 + low * 2**16 + row


def rows_in(pack: Pack) -> int:
    """How many rows a pack with places holds."""
    return len(pack[0] or b"") // PLACE


def rows_of(side: RowSide, packs: Sequence[Pack]) -> pl.DataFrame:
    """High, low, row and place; zeros stand for what *side* does not tell."""
    places = _joined(packs, 0)
    rows = len(places) // PLACE
    told = [name for name, form in (("high", side.high), ("low", side.low), ("row", side.row)) if form is not None]
    columns = {name: _numbers(_joined(packs, index + 1), rows) for index, name in enumerate(told)}
    zeros = pl.zeros(rows, pl.Int64, eager=True)
    frame = {name: columns.get(name, zeros) for name in SCHEMA if name != "place"}
    return pl.DataFrame({**frame, "place": _places(places)}, schema=SCHEMA)


def numbers_of(side: RowSide, packs: Sequence[Pack], width: int) -> pl.DataFrame:
    """The key digest and c0, c1 and so on."""
    names = [*KEY, *(f"c{index}" for index in range(width))]
    data = [_joined(packs, index) for index in range(len(names))]
    rows = len(data[0]) // _NUMBER
    frame = pl.DataFrame({name: _numbers(each, rows) for name, each in zip(names, data, strict=True)})
    absent = pl.lit(side.nothing, pl.Int64)
    return frame.with_columns(
        pl.when(pl.col(name) == absent).then(None).otherwise(pl.col(name)).alias(name) for name in names[len(KEY) :]
    )
