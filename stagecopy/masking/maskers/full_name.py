"""A person's full name."""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

from stagecopy.masking.digest import Draw
from stagecopy.masking.maskers.base import BaseMasker, differing
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.vocabulary import entries, vocabulary

_SHORTEST = 2
_FIELD = re.compile(r"\{(\w+)\}")


class Name(BaseMasker):
    """First and last name in the order of the locale."""

    name = "name"
    trace = Trace("strange", differs=True, replaces=True)
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

        def stepped(step_first: int, step_last: int) -> Callable[[pl.Series], pl.Series]:
            def at(rows: pl.Series) -> pl.Series:
                firsts, lasts = first_index.gather(rows) + step_first, last_index.gather(rows) + step_last
                return self._joined(first.gather(firsts % len(first)), last.gather(lasts % len(last)))

            return at

        drawn = self._joined(first.gather(first_index), last.gather(last_index))
        half_first, half_last = len(first) // 2, len(last) // 2
        return differing(raw, drawn, stepped(half_first, half_last), stepped(half_first, 0), stepped(0, half_last))

    def _joined(self, first: pl.Series, last: pl.Series) -> pl.Series:
        form = vocabulary(self.setting.locale).form("name_form")
        frame = pl.DataFrame({"first": first, "last": last})
        whole = frame.select(pl.format(_FIELD.sub("{}", form), *_FIELD.findall(form))).to_series()
        return whole if self.setting.length is None else whole.str.slice(0, self.setting.length).str.strip_chars_end()
