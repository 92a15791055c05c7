"""A postal address on one line."""

from __future__ import annotations

import re

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker, differing
from stagecopy.masking.vocabulary import entries, vocabulary

_HOUSES = 199
_SHORTEST = 8
_FIELD = re.compile(r"\{(\w+)\}")


class Address(BaseMasker):
    """Street, house number and city in the order of the locale."""

    name = "address"
    summary = "street, house number and city of the locale on one line"

    def length_problem(self) -> str | None:
        """Shorter columns hold no address."""
        length = self.setting.length
        return f"does not fit into {length} characters" if length is not None and length < _SHORTEST else None

    def fill(self, raw: pl.Series) -> pl.Series:
        """Draw the parts; a second drawing stands by for a result that is the raw value."""
        draw, locale = self.draw(raw), self.setting.locale
        streets, cities = entries(locale, "streets", None), entries(locale, "cities", None)
        street, city = draw.index("street", len(streets)), draw.index("city", len(cities))
        house = draw.index("house", _HOUSES)

        def joined(step: int) -> pl.Series:
            parts = {
                "street": streets.gather((street + step) % len(streets)),
                "city": cities.gather((city + step) % len(cities)),
                "number": (house + step) % _HOUSES + 1,
            }
            return self._joined(pl.DataFrame(parts))

        drawn = joined(0)
        if not (drawn.str.to_lowercase() == raw.str.strip_chars().str.to_lowercase()).any():
            return drawn
        return differing(raw, drawn, joined(1), joined(67))

    def _joined(self, parts: pl.DataFrame) -> pl.Series:
        form = vocabulary(self.setting.locale).form("address_form")
        whole = parts.select(pl.format(_FIELD.sub("{}", form), *_FIELD.findall(form))).to_series()
        return whole if self.setting.length is None else whole.str.slice(0, self.setting.length).str.strip_chars_end()
