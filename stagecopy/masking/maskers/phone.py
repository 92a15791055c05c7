"""A phone number of the same shape with other digits.

Surprising: rows are grouped by shape, because a whole group can be filled at once. Letters become digits too: people
write names into phone columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.digest import Draw
from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.phone_plan import planned_numbers
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.numbering import PLANS

_PLACE = "0"
_REPLACED = r"[^ +().\-/#*,x0]"
_COMMON_SHAPES = 4
_OTHER_DIGITS = list("123456789")
_DIGITS = 16
_NEXT = str.maketrans("0123456789", "1234567891")  # never to 0: a first digit stays 1-9


class Phone(BaseMasker):
    """Keeps length and punctuation; every digit and letter becomes another draw of a digit."""

    name = "phone"
    trace = Trace("none", differs=True, replaces=True)
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
        frame = pl.DataFrame({"raw": raw, "digest": self.draw(raw).digest}).with_row_index()
        parts = [_filled(shape, part) for shape, part in _by_shape(frame)]
        masked = parts[0] if len(parts) == 1 else pl.concat(parts).sort("index")
        return _stepped(raw, masked.get_column("masked"))


def _digits(draw: Draw, count: int) -> pl.Series:
    """16 digits, the first of them not 0; 32 where more than 16 are needed."""
    first = (draw.index("first", 9 * 10**15) + 10**15).cast(pl.String)
    if count <= _DIGITS:
        return first
    frame = pl.DataFrame({"first": first, "rest": draw.index("rest", 10**_DIGITS)})
    rest = pl.col("rest").cast(pl.String).str.zfill(_DIGITS)
    return frame.select(pl.concat_str("first", rest)).to_series()


def _by_shape(frame: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of each shape. Most columns have a few; to find their rows is cheaper than to write each row's shape."""
    for _ in range(_COMMON_SHAPES):
        if frame.is_empty():
            return
        shape = re.sub(_REPLACED, _PLACE, frame.item(0, "raw"))
        if _PLACE not in shape:
            break
        same = frame.get_column("raw").str.contains(_pattern(shape))
        yield shape, frame.filter(same)
        frame = frame.filter(~same)
    if not frame.is_empty():
        for part in frame.with_columns(shape=_shapes(frame.get_column("raw"))).partition_by("shape"):
            yield part.item(0, "shape"), part


def _pattern(shape: str) -> str:
    """What all values of a shape match, and no other."""
    places = _REPLACED.replace(_PLACE, "")
    runs = [
        f"{places if letter == _PLACE else re.escape(letter)}{{{len(list(run))}}}" for letter, run in groupby(shape)
    ]
    return rf"\A{''.join(runs)}\z"


def _shapes(raw: pl.Series) -> pl.Series:
    """The values with 0 in every place to replace. Digits go first: the regex is dear and seldom needed after."""
    shapes = raw.str.replace_many(_OTHER_DIGITS, [_PLACE] * len(_OTHER_DIGITS))
    odd = shapes.str.contains(_REPLACED)
    shapes = shapes.str.replace_all(_REPLACED, _PLACE) if odd.any() else shapes
    # Without anything to replace (only punctuation) the whole is replaced.
    bare = ~shapes.str.contains(_PLACE, literal=True)
    return shapes.str.replace_all(".", _PLACE).zip_with(bare, shapes) if bare.any() else shapes


def _filled(shape: str, part: pl.DataFrame) -> pl.DataFrame:
    """Rows of one shape: pieces of the drawn digits between pieces of punctuation."""
    digits = _digits(Draw(part.get_column("digest")), shape.count(_PLACE))
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
    return part.select("index", digits=digits).select("index", masked=pl.concat_str(pieces))


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
