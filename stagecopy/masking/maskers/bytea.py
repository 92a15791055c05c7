"""Bytes drawn by the value, as many as there were; a fixed small picture where they are more than ``longest``."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.model.catalog import Column

_HEX = "\\x"
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)  # a PNG of one black pixel: what shows pictures shows this one


class Bytea(BaseMasker):
    """The length is kept, which tells how much there was."""

    name = "bytea"
    trace = Trace("none", replaces=True)
    summary = "as many drawn bytes; above `longest` a picture of one pixel"
    takes = "bytea"
    options: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"longest": "bytes; longer values become a PNG of one pixel (no limit by default)"}
    )

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """A whole number."""
        longest = options.get("longest", "0")
        return None if longest.isascii() and longest.isdigit() else "`longest` is a number of bytes"

    def accepts(self, column: Column) -> str | None:
        """Bytes only."""
        return None if column.base_type == "bytea" else f"takes bytea, {column.type} is not"

    def fill(self, raw: pl.Series) -> pl.Series:
        """A stream of bytes for each value, seeded by its digest."""
        longest = self.setting.options.get("longest")
        most = None if longest is None else int(longest)
        seeds = self.draw(raw).digest
        return pl.Series([_drawn(*each, most) for each in zip(raw, seeds, strict=True)], dtype=pl.String)


def _drawn(text: str, seed: str, most: int | None) -> str:
    length = (len(text) - len(_HEX)) // 2 if text.startswith(_HEX) else len(text)
    if most is not None and length > most:
        return _HEX + _PICTURE.hex()
    drawn = _HEX + hashlib.shake_256(seed.encode()).hexdigest(length)
    if drawn == text and length:
        return drawn[:-1] + format(int(drawn[-1], 16) ^ 1, "x")
    return drawn
