"""A phone number of the same shape with other digits.

Surprising: rows are grouped by shape, because a whole group can be filled at once. Letters become digits too: people
write names into phone columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.digest import Draw
from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.phone_plan import planned_numbers
from stagecopy.masking.numbering import PLANS

_REPLACED = r"[^ +().\-/#*,x0]"
_OTHER_DIGITS = list("123456789")
_DIGITS = 16
_NEXT = str.maketrans("0123456789", "1234567891")  # never to 0: a first digit stays 1-9


class Phone(BaseMasker):
    """Keeps length and punctuation; every digit and letter becomes another draw of a digit."""

    name = "phone"
    summary = "same length and punctuation, every digit and letter becomes a drawn digit"

    options: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"country": f"a number that this country's plan has, without punctuation: {', '.join(PLANS)}"}
    )

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """A country there is a plan for."""
        country = options.get("country")
        return None if country is None or country in PLANS else f"`country` is one of {', '.join(PLANS)}"

    def length_problem(self) -> str | None:
        """Numbers of a country have their own length."""
        country, length = self.setting.options.get("country"), self.setting.length
        if country is None or length is None or length >= PLANS[country].longest:
            return None
        return f"a number of {country} does not fit into {length} characters"

    def fill(self, raw: pl.Series) -> pl.Series:
        """The shape filled anew, or a number of the country."""
        country = self.setting.options.get("country")
        return self._shaped(raw) if country is None else planned_numbers(raw, self.draw(raw), country)

    def _shaped(self, raw: pl.Series) -> pl.Series:
        """Fill each shape with drawn digits; change the last one where the result is the raw value."""
        shapes = _shapes(raw)
        # Without anything to replace (only punctuation) the whole is replaced.
        bare = ~shapes.str.contains("0", literal=True)
        if bare.any():
            shapes = shapes.str.replace_all(".", "0").zip_with(bare, shapes)
        frame = pl.DataFrame({"raw": raw, "shape": shapes, "digits": self._digits(self.draw(raw))}).with_row_index()
        parts = [_filled(part) for part in frame.partition_by("shape")]
        masked = pl.concat(parts).sort("index")
        return _stepped(raw, masked.get_column("masked"))

    def _digits(self, draw: Draw) -> pl.Series:
        """32 digits, the first of them not 0."""
        first, rest_ = draw.index("first", 9 * 10**15) + 10**15, draw.index("rest", 10**_DIGITS)
        frame = pl.DataFrame({"first": first, "rest": rest_})
        rest = pl.col("rest").cast(pl.String).str.zfill(_DIGITS)
        return frame.select(pl.concat_str(pl.col("first").cast(pl.String), rest)).to_series()


def _shapes(raw: pl.Series) -> pl.Series:
    """The values with 0 in every place to replace. Digits go first: the regex is dear and seldom needed after."""
    shapes = raw.str.replace_many(_OTHER_DIGITS, ["0"] * len(_OTHER_DIGITS))
    odd = shapes.str.contains(_REPLACED)
    return shapes.str.replace_all(_REPLACED, "0") if odd.any() else shapes


def _filled(part: pl.DataFrame) -> pl.DataFrame:
    """Rows of one shape: pieces of the drawn digits between pieces of punctuation."""
    shape = part.item(0, "shape")
    pieces: list[pl.Expr] = []
    used = position = 0
    while position < len(shape):
        end = position
        while end < len(shape) and (shape[end] == "0") == (shape[position] == "0"):
            end += 1
        if shape[position] == "0":
            pieces += _digits_from(used, end - position)
            used += end - position
        else:
            pieces.append(pl.lit(shape[position:end]))
        position = end
    return part.select("index", pl.concat_str(pieces).alias("masked"))


def _digits_from(start: int, count: int) -> list[pl.Expr]:
    """*count* drawn digits from *start*, round and round."""
    pieces = []
    while count:
        offset = start % (2 * _DIGITS)
        length = min(count, 2 * _DIGITS - offset)
        pieces.append(pl.col("digits").str.slice(offset, length))
        start, count = start + length, count - length
    return pieces


def _stepped(raw: pl.Series, masked: pl.Series) -> pl.Series:
    same = masked == raw
    if not same.any():
        return masked
    changed = [_next_last_digit(value) if equal else value for value, equal in zip(masked, same, strict=True)]
    return pl.Series(changed, dtype=pl.String)


def _next_last_digit(text: str) -> str:
    last = max(place for place, letter in enumerate(text) if letter.isdigit())
    return text[:last] + text[last].translate(_NEXT) + text[last + 1 :]
