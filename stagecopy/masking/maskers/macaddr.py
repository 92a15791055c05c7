"""Another hardware address, in the same spelling; a permutation, so addresses stay distinct."""

from __future__ import annotations

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.unfit import code_instead, settled
from stagecopy.masking.permutation import Permutation
from stagecopy.model.catalog import Column

_SIZE = 2**48
_PAIRS = pl.Series([f"{each:02x}" for each in range(256)])
_TYPES = ("macaddr", "macaddr8")
_ADDRESS = r"^([0-9a-f]{2}:){5}([0-9a-f]{2}:[0-9a-f]{2}:)?[0-9a-f]{2}$"


class Macaddr(BaseMasker):
    """The last six bytes are permuted; the first two of a macaddr8 stay."""

    name = "macaddr"
    trace = Trace("none")
    summary = "another address; of a macaddr8 the first two bytes stay"
    takes = "macaddr, macaddr8"
    injective = True

    def accepts(self, column: Column) -> str | None:
        """Hardware addresses only; their text has one spelling."""
        return None if column.base_type in _TYPES else f"takes {self.takes}, {column.type} is not"

    def fill(self, raw: pl.Series) -> pl.Series:
        """Read the hexadecimal digits, permute, write them."""
        sound = raw.str.contains(_ADDRESS)
        masked = pl.Series([None], dtype=pl.String).new_from_index(0, len(raw))
        if sound.any():
            masked = masked.scatter(sound.arg_true(), self._permuted(raw.filter(sound)))
        return settled(self.setting, masked, lambda: code_instead(self.setting, self.draw(raw)))

    def _permuted(self, raw: pl.Series) -> pl.Series:
        digits = raw.str.replace_all(":", "", literal=True)
        numbers = digits.str.slice(-12).str.to_integer(base=16, dtype=pl.UInt64)
        masked = Permutation(self._key).numbers(numbers, _SIZE, "macaddr")
        frame = pl.DataFrame({"head": raw.str.head(-17), "number": masked})
        pairs = [_hex(pl.col("number") // 256**place % 256) for place in reversed(range(6))]
        return frame.select(pl.concat_str("head", pl.concat_str(*pairs, separator=":"))).to_series()


def _hex(byte: pl.Expr) -> pl.Expr:
    return pl.lit(_PAIRS.implode()).list.explode().gather(byte)
