"""An e-mail address nobody has: ``anna.smith.k3…@example.com``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.digest import BITS_PER_CHARACTER, CODE_LENGTH, Draw
from stagecopy.masking.maskers.base import BaseMasker, code_problem
from stagecopy.masking.maskers.trace import Trace

_DOMAINS = pl.Series(["@example.com", "@example.net", "@example.org"])
_DOMAIN_LENGTH = 12
_LEAST_CODE = 6
_DOMAIN = r"(@[^\s@<>()\[\],;:\"']+\.[^\s@<>()\[\],;:\"'.\d]{2,})>?\s*$"
_CHOICES = ("keep", "replace")


class Email(BaseMasker):
    """Distinct addresses get distinct masks; the names give way first where the column is short."""

    name = "email"
    trace = Trace("whole", differs=True, replaces=True)
    summary = "`first.last.CODE@example.com` (or .net, .org), lower-case; names are shortened to fit"
    injective = True
    subjects = True
    options: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"domain": "`replace` (default), or `keep`: the raw one where it fits; staging could write to it"}
    )

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """One of the two."""
        return None if options.get("domain", "replace") in _CHOICES else "`domain` is `keep` or `replace`"

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
        draw, length = person.of_value, self.setting.length
        first, last = (self.ascii_names(part) for part in ("first", "last"))
        parts = {
            "first": first.gather(person.index("first", len(first))),
            "last": last.gather(person.index("last", len(last))),
            "domain": self._domains(raw, draw),
        }
        if length is None:
            code = {f"code{place}": piece for place, piece in enumerate(draw.code_pieces())}
            joined = pl.concat_str("first", pl.lit("."), "last", pl.lit("."), *code, "domain")
            return pl.DataFrame({**parts, **code}).select(joined).to_series()
        frame = pl.DataFrame({**parts, "code": draw.code(length=self._code_length())})
        room = length - self._code_length() - 1 - pl.col("domain").str.len_chars().cast(pl.Int64)
        names = pl.concat_str("first", pl.lit("."), "last").str.slice(0, room.clip(lower_bound=0))
        names = names.str.strip_chars(".")
        dot = pl.when(names != "").then(pl.lit(".")).otherwise(pl.lit(""))
        return frame.select(pl.concat_str(names, dot, "code", "domain")).to_series()

    def _domains(self, raw: pl.Series, draw: Draw) -> pl.Series:
        drawn = _DOMAINS.gather(draw.index("domain", len(_DOMAINS)))
        if self.setting.options.get("domain") != "keep":
            return drawn
        length = self.setting.length
        found = raw.str.extract(_DOMAIN).str.to_lowercase()
        fits = found.is_not_null()
        if length is not None:
            fits = fits & (found.str.len_chars() + self._code_length() <= length).fill_null(value=False)
        return found.zip_with(fits, drawn)
