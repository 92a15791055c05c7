"""A person's number that is valid and somebody else's, or in the US nobody's.

Surprising: what tells a birthday stays where a scheme would not be valid without (the month, mostly); American numbers
come from a range that was never given out, which is too small for a unique column.
"""

from __future__ import annotations

from types import MappingProxyType

import polars as pl

from stagecopy.masking.maskers.checked_number import CheckedNumber, Scheme
from stagecopy.masking.maskers.digits import compact, rejoined
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.unfit import code_instead, settled

_US = "us"
_SSN = r"^[0-9]{9}$"
# Areas from 900 were never given out, and taxpayers' numbers, which share them, have no group below 50.
_AREAS, _GROUPS, _SERIALS = 100, 49, 9999
_COUNTRIES = {
    "br": (Scheme("br.cpf", r"\d{11}", "#########??"),),
    "es": (Scheme("es.dni", r"\d{8}[A-Z]", "########?"), Scheme("es.nie", r"[XYZ]\d{7}[A-Z]", "=#######?")),
    "fr": (Scheme("fr.nir", r"\d{5}(\d\d|2[AB])\d{8}", "=##====######??"),),
    "gb": (Scheme("gb.nhs", r"\d{10}", "#########?"),),
    "it": (Scheme("it.codicefiscale", r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]", "@@@@@@##====###?"),),
    "nl": (Scheme("nl.bsn", r"\d{9}", "########?"),),
    "pl": (Scheme("pl.pesel", r"\d{11}", "##==######?"),),
    _US: (),
}


class NationalId(CheckedNumber):
    """Social security and identity numbers of persons."""

    name = "national_id"
    trace = Trace("none", replaces=True)
    summary = "another valid number of a person, separators stay; a number that is not valid is a bad value"
    schemes = MappingProxyType(_COUNTRIES)

    @property
    def distinct(self) -> bool:
        """American numbers may meet."""
        return self.country != _US

    def fill(self, raw: pl.Series) -> pl.Series:
        """By scheme, or drawn from what was never given out."""
        if self.country != _US:
            return super().fill(raw)
        draw, numbers = self.draw(raw), compact(raw)
        drawn = draw.index("number", _AREAS * _GROUPS * _SERIALS)
        masked = _never_given(drawn)
        same = masked == numbers
        if same.any():
            masked = _never_given((drawn + 1) % (_AREAS * _GROUPS * _SERIALS)).zip_with(same, masked)
        nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(raw))
        masked = masked.zip_with(numbers.str.contains(_SSN), nothing)
        return settled(self.setting, rejoined(raw, masked), lambda: code_instead(self.setting, draw))


def _never_given(drawn: pl.Series) -> pl.Series:
    area, rest = drawn // (_GROUPS * _SERIALS) + 900, drawn % (_GROUPS * _SERIALS)
    group, serial = rest // _SERIALS + 1, rest % _SERIALS + 1
    parts = {"area": area.cast(pl.String), "group": group.cast(pl.String), "serial": serial.cast(pl.String)}
    padded = pl.concat_str("area", pl.col("group").str.zfill(2), pl.col("serial").str.zfill(4))
    return pl.DataFrame(parts).select(padded).to_series()
