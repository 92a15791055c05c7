"""A person's full name."""

from __future__ import annotations

import re

import polars as pl

from stagecopy.masking.digest import Draw
from stagecopy.masking.maskers.base import BaseMasker, differing
from stagecopy.masking.vocabulary import entries, vocabulary

_SHORTEST = 2
_FIELD = re.compile(r"\{(\w+)\}")


class Name(BaseMasker):
    """First and last name in the order of the locale."""

    name = "name"
    summary = "a first and a last name of the locale"
    subjects = True

    def length_problem(self) -> str | None:
        """Any but one character."""
        length = self.setting.length
        return f"does not fit into {length} characters" if length is not None and length < _SHORTEST else None

    def fill_of(self, raw: pl.Series, person: Draw) -> pl.Series:
        """Draw both; step on to the next last name, then the next first name, where the result is the raw value."""
        locale = self.setting.locale
        first, last = entries(locale, "first_names", None), entries(locale, "last_names", None)
        first_index, last_index = person.index("first", len(first)), person.index("last", len(last))

        def joined(step_first: int, step_last: int) -> pl.Series:
            return self._joined(
                first.gather((first_index + step_first) % len(first)), last.gather((last_index + step_last) % len(last))
            )

        drawn = joined(0, 0)
        if not (drawn.str.to_lowercase() == raw.str.strip_chars().str.to_lowercase()).any():
            return drawn
        half_first, half_last = len(first) // 2, len(last) // 2
        return differing(raw, drawn, joined(half_first, half_last), joined(half_first, 0), joined(0, half_last))

    def _joined(self, first: pl.Series, last: pl.Series) -> pl.Series:
        form = vocabulary(self.setting.locale).form("name_form")
        frame = pl.DataFrame({"first": first, "last": last})
        whole = frame.select(pl.format(_FIELD.sub("{}", form), *_FIELD.findall(form))).to_series()
        return whole if self.setting.length is None else whole.str.slice(0, self.setting.length).str.strip_chars_end()
