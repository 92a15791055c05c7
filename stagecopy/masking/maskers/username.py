"""A user name nobody has: ``anna_k3…``."""

from __future__ import annotations

import polars as pl

from stagecopy.masking.digest import CODE_LENGTH
from stagecopy.masking.maskers.base import BaseMasker, code_problem
from stagecopy.masking.vocabulary import entries

_LEAST_CODE = 6


class Username(BaseMasker):
    """Distinct names get distinct masks; the first name gives way first where the column is short."""

    name = "username"
    summary = "`first_CODE`, lower-case; the name is shortened to fit"
    injective = True

    def length_problem(self) -> str | None:
        """The code must fit."""
        return code_problem(self.setting, self._code_length(), least=_LEAST_CODE)

    def _code_length(self) -> int:
        return CODE_LENGTH if self.setting.length is None else min(CODE_LENGTH, self.setting.length)

    def fill(self, raw: pl.Series) -> pl.Series:
        """First name and code."""
        draw, length = self.draw(raw), self.setting.length
        code = draw.code(length=self._code_length())
        room = None if length is None else length - self._code_length() - 1
        if room is not None and room < 1:
            return code
        names = entries(self.setting.locale, "first_ascii", room)
        first = names.gather(draw.index("first", len(names)))
        return pl.select(pl.concat_str(first, pl.lit("_"), code)).to_series()
