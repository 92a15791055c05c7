"""Rows that found no partner while much was read wait in a file without a name, sorted into shares by key digest."""

from __future__ import annotations

import io
import tempfile
from collections import defaultdict
from typing import IO

import polars as pl

from stagecopy.diff.pairing import SCHEMA

SHARES = 256
_MIX = -7046029254386353131  # odd, and its bits are spread evenly: keys may be numbers in a row


class Spill:
    """Rows of one side on disk."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="stagecopy-diff-")  # noqa: SIM115 - closed by close()
        self._pieces: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def put(self, rows: pl.DataFrame) -> None:
        """Keep *rows* for later."""
        mixed = (pl.col("high").xor(pl.col("low")) * _MIX).reinterpret(signed=False)
        share = (mixed // (2**64 // SHARES)).alias("share")
        for (number,), piece in rows.with_columns(share).partition_by("share", as_dict=True, include_key=False).items():
            begin = self._file.tell()
            piece.write_ipc_stream(self._file)
            self._pieces[int(number)].append((begin, self._file.tell() - begin))

    @property
    def shares(self) -> set[int]:
        """Those in which there are rows."""
        return set(self._pieces)

    def share(self, number: int) -> pl.DataFrame:
        """All rows of one share."""
        frames = [pl.DataFrame(schema=SCHEMA)]
        for begin, size in self._pieces.get(number, ()):
            self._file.seek(begin)
            frames.append(pl.read_ipc_stream(io.BytesIO(self._file.read(size))))
        return pl.concat(frames)

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()
