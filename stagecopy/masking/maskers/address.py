"""A postal address on one line."""

from __future__ import annotations

import re
from functools import partial

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker, differing
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.vocabulary import entries, vocabulary

_HOUSES = 199
_SHORTEST = 8
_FIELD = re.compile(r"\{(\w+)\}")


class Address(BaseMasker):
    """Street, house number and city in the order of the locale."""

    name = "address"
    trace = Trace("strange", differs=True, replaces=True)
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

        def joined(step: int, rows: pl.Series | None = None) -> pl.Series:
            at = [each if rows is None else each.gather(rows) + step for each in (street, city, house)]
            parts = {
                "street": streets.gather(at[0] % len(streets)),
                "city": cities.gather(at[1] % len(cities)),
                "number": at[2] % _HOUSES + 1,
            }
            return self._joined(pl.DataFrame(parts))

        return differing(raw, joined(0), partial(joined, 1), partial(joined, 67))

    def _joined(self, parts: pl.DataFrame) -> pl.Series:
        form = vocabulary(self.setting.locale).form("address_form")
        whole = parts.select(pl.format(_FIELD.sub("{}", form), *_FIELD.findall(form))).to_series()
        return whole if self.setting.length is None else whole.str.slice(0, self.setting.length).str.strip_chars_end()
