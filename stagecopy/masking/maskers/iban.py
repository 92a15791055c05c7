"""Another account number of the same country and length whose check digits are right; separators stay.

Surprising: only numbers whose own check digits are right are understood, for two that differ in them alone would meet.
Checks that single countries have inside the number are not reckoned.
"""

from __future__ import annotations

import string

import polars as pl

from stagecopy.masking.codes import permuted_codes
from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.digits import compact, rejoined
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.unfit import code_instead, null_problem, settled
from stagecopy.masking.permutation import Permutation
from stagecopy.model.catalog import Column

_IBAN = r"^[A-Z]{2}(?:0[2-9]|[1-8][0-9]|9[0-8])[A-Z0-9]{11,30}$"  # 97 and 00 would both be right
_ADDITION = "00"
_VALUES = {letter: str(place) for place, letter in enumerate(string.ascii_uppercase, start=10)}
_CHUNK, _CHUNKS = 9, 8


class Iban(BaseMasker):
    """What follows the check digits is permuted, digits and letters in their places."""

    name = "iban"
    trace = Trace("whole", replaces=True)
    summary = "another IBAN of the same country and length with right check digits; separators stay"
    injective = True

    def accepts(self, column: Column) -> str | None:
        """Text."""
        return super().accepts(column) or null_problem(self.setting, column)

    def fill(self, raw: pl.Series) -> pl.Series:
        """Permute, then check digits as ISO 13616 has them: 98 less the remainder by 97."""
        small = (raw == raw.str.to_lowercase()) & (raw != raw.str.to_uppercase())
        number = compact(raw)
        masked = pl.Series([None], dtype=pl.String).new_from_index(0, len(raw))
        sound = number.str.contains(_IBAN)
        sound = sound & (_remainder(number.str.slice(4) + number.str.slice(0, 4)) == 1)
        if sound.any():
            chosen = number.filter(sound)
            country, account = chosen.str.slice(0, 2), permuted_codes(chosen.str.slice(4), Permutation(self._key))
            check = (98 - _remainder(account + country + _ADDITION)).cast(pl.String).str.zfill(2)
            masked = masked.scatter(sound.arg_true(), country + check + account)
        masked = rejoined(raw, masked)
        masked = masked.str.to_lowercase().zip_with(small, masked)
        return settled(self.setting, masked, lambda: code_instead(self.setting, self.draw(raw)))


def _remainder(text: pl.Series) -> pl.Series:
    """By 97, letters read as 10 to 35; nine digits at a time."""
    digits = text.str.replace_many(list(_VALUES), list(_VALUES.values()))
    rest = pl.Series([0], dtype=pl.UInt64).new_from_index(0, len(text))
    for place in range(_CHUNKS):
        chunk = digits.str.slice(place * _CHUNK, _CHUNK)
        joined = pl.DataFrame({"rest": rest.cast(pl.String), "chunk": chunk}).select(pl.concat_str("rest", "chunk"))
        rest = joined.to_series().cast(pl.UInt64, strict=False) % 97
    return rest
