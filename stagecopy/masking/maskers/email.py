"""An e-mail address nobody has: ``anna.smith.k3…@example.com``."""

from __future__ import annotations

import polars as pl

from stagecopy.masking.digest import BITS_PER_CHARACTER, CODE_LENGTH, Draw
from stagecopy.masking.maskers.base import BaseMasker, code_problem

_DOMAINS = pl.Series(["@example.com", "@example.net", "@example.org"])
_DOMAIN_LENGTH = 12
_LEAST_CODE = 6


class Email(BaseMasker):
    """Distinct addresses get distinct masks; the names give way first where the column is short."""

    name = "email"
    summary = "`first.last.CODE@example.com` (or .net, .org), lower-case; names are shortened to fit"
    injective = True
    subjects = True

    def length_problem(self) -> str | None:
        """The code and the domain must fit."""
        return code_problem(self.setting, self._code_length(), least=_LEAST_CODE)

    @property
    def bits(self) -> int:
        """Those of the code."""
        return BITS_PER_CHARACTER * self._code_length()

    def _code_length(self) -> int:
        return CODE_LENGTH if self.setting.length is None else min(CODE_LENGTH, self.setting.length - _DOMAIN_LENGTH)

    def fill_of(self, raw: pl.Series, person: Draw) -> pl.Series:
        """Names of the person; code and domain of the value, so that a person's addresses stay distinct."""
        draw, length = self.draw(raw), self.setting.length
        first, last = (self.ascii_names(part) for part in ("first", "last"))
        frame = pl.DataFrame(
            {
                "first": first.gather(person.index("first", len(first))),
                "last": last.gather(person.index("last", len(last))),
                "code": draw.code(length=self._code_length()),
                "domain": _DOMAINS.gather(draw.index("domain", len(_DOMAINS))),
            }
        )
        names = pl.concat_str("first", pl.lit("."), "last")
        if length is not None:
            names = names.str.slice(0, max(0, length - _DOMAIN_LENGTH - self._code_length() - 1)).str.strip_chars(".")
        joined = pl.concat_str(names, pl.when(names != "").then(pl.lit(".")).otherwise(pl.lit("")), "code", "domain")
        return frame.select(joined).to_series()
