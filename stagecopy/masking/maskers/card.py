"""Another card number of the same length whose check digit (Luhn) is right; separators stay.

Surprising: only numbers whose own check digit is right are understood, for two that differ in it alone would meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.digits import rejoined
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.unfit import code_instead, null_problem, settled
from stagecopy.masking.permutation import Permutation
from stagecopy.model.catalog import Column

_PREFIX = "6"
_MOST_KEPT = 8
_CARD = r"^[0-9](?:[ -]?[0-9]){11,18}$"


class Card(BaseMasker):
    """A permutation of the digits between ``keep_prefix`` and the check digit."""

    name = "card"
    trace = Trace("none", replaces=True)
    summary = "another card number of the same issuer and length with a right check digit; separators stay"
    takes = "text, int8, numeric"
    injective = True
    options: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"keep_prefix": f"how many digits stay at the start, 0 to {_MOST_KEPT}, default {_PREFIX}: the issuer's"}
    )

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """A small number."""
        kept = options.get("keep_prefix", _PREFIX)
        if kept.isascii() and kept.isdigit() and int(kept) <= _MOST_KEPT:
            return None
        return f"`keep_prefix` is a whole number from 0 to {_MOST_KEPT}"

    def accepts(self, column: Column) -> str | None:
        """Text, and numbers that are large enough."""
        problem = None if column.base_type in ("int8", "numeric") else super().accepts(column)
        return problem or null_problem(self.setting, column)

    def fill(self, raw: pl.Series) -> pl.Series:
        """Each length at once."""
        digits = raw.str.replace_all("[ -]", "")
        sound = raw.str.contains(_CARD)
        masked = pl.Series([None], dtype=pl.String).new_from_index(0, len(raw))
        if sound.any():
            frame = pl.DataFrame({"digits": digits}).with_row_index("row").filter(sound)
            frame = frame.with_columns(length=pl.col("digits").str.len_chars())
            done = pl.concat([self._masked(part) for part in frame.partition_by("length")]).sort("row")
            rows = done.get_column("row")
            masked = masked.scatter(rows, rejoined(raw.gather(rows), done.get_column("masked")))
        return settled(self.setting, masked, lambda: self._instead(raw))

    def _masked(self, part: pl.DataFrame) -> pl.DataFrame:
        """Card numbers of one length; null for those whose check digit is wrong."""
        length = part.item(0, "length")
        kept = min(int(self.setting.options.get("keep_prefix", _PREFIX)), length - 2)
        # A leading zero stays one: a column of numbers would lose it.
        first = 1 if kept == 0 else 0
        free = length - kept - 1
        head, body = part.get_column("digits").str.head(kept), part.get_column("digits").str.slice(kept, free)
        numbers = body.cast(pl.UInt64)
        least = 10 ** (free - 1) if first else 0
        zero = numbers < least
        tweak = f"card {length} {kept}"
        permutation = Permutation(self._key)
        moved = (
            permutation.numbers(numbers.zip_with(~zero, numbers * 0 + least) - least, 10**free - least, tweak) + least
        )
        if zero.any():
            moved = permutation.numbers(numbers.zip_with(zero, numbers * 0), least, f"{tweak} 0").zip_with(zero, moved)
        texts = pl.DataFrame({"head": head, "body": moved.cast(pl.String).str.zfill(free)})
        payload = texts.select(pl.concat_str("head", "body")).to_series()
        whole = pl.DataFrame({"payload": payload, "check": _luhn(payload)}).select(pl.concat_str("payload", "check"))
        right = _luhn(part.get_column("digits").str.head(-1)) == part.get_column("digits").str.tail(1)
        nothing = pl.Series([None], dtype=pl.String).new_from_index(0, part.height)
        return part.select("row", masked=whole.to_series().zip_with(right, nothing))

    def _instead(self, raw: pl.Series) -> pl.Series:
        if self.setting.scaled or self.setting.scale is not None:
            return pl.Series(["0"]).new_from_index(0, len(raw))
        return code_instead(self.setting, self.draw(raw))


def _luhn(payload: pl.Series) -> pl.Series:
    """The check digits of texts of one length."""
    total = pl.Series([0]).new_from_index(0, len(payload))
    for place in range(len(payload[0])):
        digit = payload.str.slice(-1 - place, 1).cast(pl.Int64)
        doubled = digit * 2
        total = total + (digit if place % 2 else doubled - (doubled > 9).cast(pl.Int64) * 9)
    return ((10 - total % 10) % 10).cast(pl.String)
