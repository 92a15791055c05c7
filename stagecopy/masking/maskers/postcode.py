"""Another postal code of the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.codes import permuted_codes
from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.unfit import code_instead, null_problem, settled
from stagecopy.masking.permutation import Permutation
from stagecopy.model.catalog import Column

_KEEP = "0"
_MOST_KEPT = 4
_OTHERS = r"[^\x00-\x7F]"


class Postcode(BaseMasker):
    """A permutation of what follows the first ``keep`` characters."""

    name = "postcode"
    trace = Trace("none")
    summary = "another code with digits and letters in the same places"
    injective = True
    permutes = True
    options: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"keep": f"how many characters stay at the start, 0 to {_MOST_KEPT}, default {_KEEP}: the region"}
    )

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """A small number."""
        kept = options.get("keep", _KEEP)
        if kept.isascii() and kept.isdigit() and int(kept) <= _MOST_KEPT:
            return None
        return f"`keep` is a whole number from 0 to {_MOST_KEPT}"

    def accepts(self, column: Column) -> str | None:
        """Text."""
        return super().accepts(column) or null_problem(self.setting, column)

    def fill(self, raw: pl.Series) -> pl.Series:
        """Letters beyond ASCII are bad values."""
        keep = int(self.setting.options.get("keep", _KEEP))
        masked = raw.str.slice(0, keep) + permuted_codes(raw.str.slice(keep), Permutation(self._key))
        nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(raw))
        sound = nothing.zip_with(raw.str.contains(_OTHERS), masked)
        return settled(self.setting, sound, lambda: code_instead(self.setting, self.draw(raw)))
