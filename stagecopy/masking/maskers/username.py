"""A user name nobody has: ``anna_k3…``."""

from __future__ import annotations

import polars as pl

from stagecopy.masking.digest import BITS_PER_CHARACTER, CODE_LENGTH, Draw
from stagecopy.masking.maskers.base import BaseMasker, code_problem
from stagecopy.masking.maskers.trace import Trace

_LEAST_CODE = 6


class Username(BaseMasker):
    """Distinct names get distinct masks; the first name gives way first where the column is short."""

    name = "username"
    trace = Trace("whole", differs=True, replaces=True)
    summary = "`first_CODE`, lower-case; the name is shortened to fit"
    injective = True
    subjects = True

    def length_problem(self) -> str | None:
        """The code must fit."""
        return code_problem(self.setting, self._code_length(), least=_LEAST_CODE)

    @property
    def bits(self) -> int:
        """Those of the code."""
        return BITS_PER_CHARACTER * self._code_length()

    def _code_length(self) -> int:
        return CODE_LENGTH if self.setting.length is None else min(CODE_LENGTH, self.setting.length)

    def fill_of(self, raw: pl.Series, person: Draw) -> pl.Series:  # noqa: ARG002  # the digests say it all
        """First name of the person, code of the value."""
        draw, length = person.of_value, self.setting.length
        room = None if length is None else length - self._code_length() - 1
        if room is not None and room < 1:
            return draw.code(length=self._code_length())
        names = self.ascii_names("first", room)
        first = names.gather(person.index("first", len(names)))
        code = draw.code_pieces() if length is None else [draw.code(length=self._code_length())]
        return pl.select(pl.concat_str(first, pl.lit("_"), *code)).to_series()
