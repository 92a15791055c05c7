"""Numbers drawn from a value and a key: the only source of randomness of every mask.

One HMAC-SHA-256 per value; every further number is a cheap stable hash (XXH3) of that digest under a short label.
Surprising: polars' own ``.hash`` is never used, its values change between versions. The label enters as the seed,
which costs nothing; concatenating it to the digest would triple the price.
"""

from __future__ import annotations

import functools
import zlib
from dataclasses import dataclass
from itertools import product

import polars as pl
import polars_hash as plh

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 characters without l, o, 0, 1
CODE_LENGTH = 12
BITS_PER_CHARACTER = 5
_GROUP = 3
_NAME = "value"


@functools.cache
def _groups() -> pl.Series:
    """All groups of three characters: 32,768 entries, 15 bits each."""
    return pl.Series(_NAME, ["".join(letters) for letters in product(ALPHABET, repeat=_GROUP)])


@dataclass(frozen=True, slots=True)
class Draw:
    """What can be drawn for a series of values. ``digest`` is 64 hex digits per value.

    ``own``: where a person draws for the values, what they would draw themselves.
    """

    digest: pl.Series
    own: Draw | None = None

    @classmethod
    def of(cls, values: pl.Series, key: str) -> Draw:
        """One HMAC per value; no value may be null."""
        frame = values.alias(_NAME).to_frame()
        return cls(frame.select(plh.col(_NAME).chash.hmac_sha256(key=key)).to_series())

    @property
    def of_value(self) -> Draw:
        """What the values draw, whoever they are of."""
        return self.own or self

    def number(self, label: str) -> pl.Series:
        """64 bits per value, independent for each label."""
        frame = self.digest.alias(_NAME).to_frame()
        return frame.select(plh.col(_NAME).nchash.xxh3_64(seed=zlib.crc32(label.encode()))).to_series()

    def index(self, label: str, size: int) -> pl.Series:
        """A number below *size* per value."""
        return self.number(label) % size

    def code(self, label: str = "code", length: int = CODE_LENGTH) -> pl.Series:
        """*length* (≤ 12) characters of ``ALPHABET`` per value, 5 bits each."""
        pieces = self.code_pieces(label, length)
        frame = pl.DataFrame({str(place): piece for place, piece in enumerate(pieces)})
        joined = frame.select(pl.concat_str(pl.all())).to_series()
        return joined.str.slice(0, length) if length % _GROUP else joined

    def code_pieces(self, label: str = "code", length: int = CODE_LENGTH) -> list[pl.Series]:
        """The same in pieces of three characters, for whoever joins them with more."""
        number = self.number(label)
        size = len(ALPHABET) ** _GROUP
        return [_groups().gather((number // size**place) % size) for place in range(-(-length // _GROUP))]
