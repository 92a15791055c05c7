"""Another number or code of the same shape; no two values meet, so keys stay keys."""

from __future__ import annotations

import polars as pl

from stagecopy.masking.codes import INTEGER, permuted_codes, permuted_integers
from stagecopy.masking.maskers.base import TEXT_TYPES, BaseMasker, Setting
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.unfit import code_instead, null_problem, settled
from stagecopy.masking.permutation import Permutation
from stagecopy.model.catalog import Column

_NUMBERS = ("int2", "int4", "int8", "numeric")
_OTHERS = r"[^\x00-\x7F]"


class Permute(BaseMasker):
    """A permutation under the key: int4 and int8, number and text of digits alike, so references stay whole."""

    name = "permute"
    trace = Trace("none", replaces=True)
    summary = "another number of as many digits, or another code with digits and letters in the same places; 0 stays"
    takes = "whole numbers, text"
    injective = True
    permutes = True

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._permutation = Permutation(self._key)

    def accepts(self, column: Column) -> str | None:
        """Whole numbers and text."""
        if column.base_type in _NUMBERS:
            return null_problem(self.setting, column)
        if column.base_type not in TEXT_TYPES and column.category != "S":
            return f"takes {self.takes}, {column.type} is not"
        return self.collation_problem() or null_problem(self.setting, column)

    def fill(self, raw: pl.Series) -> pl.Series:
        """Whole numbers among themselves, codes among those of their shape; letters beyond ASCII are bad values."""
        permutation = self._permutation
        whole = raw.str.contains(INTEGER)
        if whole.all():
            return permuted_integers(raw, permutation)
        unfit = raw.str.contains(_OTHERS) | (raw.str.contains("[.eNI]") if self.setting.scaled else False)
        masked = pl.Series([None], dtype=pl.String).new_from_index(0, len(raw))
        codes = ~whole & ~unfit
        if whole.any():
            masked = masked.scatter(whole.arg_true(), permuted_integers(raw.filter(whole), permutation))
        if codes.any():
            masked = masked.scatter(codes.arg_true(), permuted_codes(raw.filter(codes), permutation))
        return settled(self.setting, masked, lambda: self._instead(raw))

    def _instead(self, raw: pl.Series) -> pl.Series:
        if self.setting.scaled:
            return pl.Series(["0"]).new_from_index(0, len(raw))
        return code_instead(self.setting, self.draw(raw))
