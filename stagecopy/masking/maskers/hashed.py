"""The keyed digest itself."""

from __future__ import annotations

import polars as pl

from stagecopy.masking.digest import BITS_PER_CHARACTER, CODE_LENGTH
from stagecopy.masking.maskers.base import BaseMasker, code_problem
from stagecopy.masking.maskers.trace import Trace

_HEX = 64
_BITS_PER_DIGIT = 4
_SHORTEST_HEX = 16  # 64 bits; below, five bits per character carry more than four
_LEAST_CODE = 6


class Hash(BaseMasker):
    """HMAC-SHA-256 as hex, cut to the length; a short code where less than 16 characters fit."""

    name = "hash"
    trace = Trace("whole", differs=True, replaces=True)
    summary = "the HMAC-SHA-256 in hex, cut to fit; below 16 characters a code of 5 bits each"
    injective = True

    def length_problem(self) -> str | None:
        """At least a short code must fit."""
        length = self.setting.length
        if length is None or length >= _SHORTEST_HEX:
            return None
        return code_problem(self.setting, min(length, CODE_LENGTH), least=_LEAST_CODE)

    @property
    def bits(self) -> int:
        """Four for each hex digit, five for each character of a code."""
        length = _HEX if self.setting.length is None else min(self.setting.length, _HEX)
        return _BITS_PER_DIGIT * length if length >= _SHORTEST_HEX else BITS_PER_CHARACTER * min(length, CODE_LENGTH)

    def fill(self, raw: pl.Series) -> pl.Series:
        """Hex or code."""
        draw, length = self.draw(raw), self.setting.length
        if length is None or length >= _HEX:
            return draw.digest
        if length >= _SHORTEST_HEX:
            return draw.digest.str.slice(0, length)
        return draw.code(length=min(length, CODE_LENGTH))
