"""Permutations of numbers under a key: no two numbers get one mask, and nothing but the key says which gets which.

A Feistel network over two halves of the number, of any two sizes, that adds modulo the size instead of xor; its round
function is HMAC-SHA-256. Where the two sizes make a little more than the domain, what falls outside is put through
again (cycle walking). Surprising: small domains are shuffled whole instead, because a network over a handful of numbers
is hardly one. This is made for pseudonymity; it is not NIST FF1, and who may ask for masks of chosen values can list a
small domain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import polars as pl

from stagecopy.masking.digest import Draw

_ROUNDS = 10
_SHUFFLED = 4096  # domains up to here, and round functions up to here, are tables
Pair = tuple[pl.Series, pl.Series]


@dataclass(frozen=True, slots=True)
class Permutation:
    """All permutations under one key: one for each *tweak* and size."""

    key: str
    _tables: dict[tuple[str, int], pl.Series] = field(default_factory=dict)

    def numbers(self, numbers: pl.Series, size: int, tweak: str) -> pl.Series:
        """Each of *numbers* (UInt64, below *size*, which is at most 2**63) by another number below *size*."""
        if size <= _SHUFFLED:
            return self._shuffle(size, f"{tweak}/{size}").gather(numbers)
        right_size = math.isqrt(size - 1) + 1
        left_size = -(-size // right_size)
        turned = numbers.clone()  # scatter works in place
        waiting = pl.Series([True]).new_from_index(0, len(numbers))
        while waiting.any():
            places, given = waiting.arg_true(), turned.filter(waiting)
            halves = (given // right_size, given % right_size)
            left, right = self._network(halves, (left_size, right_size), f"{tweak}/{size}")
            turned = turned.scatter(places, left * right_size + right)
            waiting = turned >= size
        return turned

    def pairs(self, halves: Pair, sizes: Pair, tweaks: pl.Series) -> Pair:
        """Both halves of each row, below the row's own two sizes, permuted under the row's own tweak."""
        left, right = halves
        for turn in range(_ROUNDS):
            if turn % 2:
                right = (right + self._digest(left, tweaks, turn)) % sizes[1]
            else:
                left = (left + self._digest(right, tweaks, turn)) % sizes[0]
        return left, right

    def _network(self, halves: Pair, sizes: tuple[int, int], tweak: str) -> Pair:
        left, right = halves
        for turn in range(_ROUNDS):
            if turn % 2:
                right = (right + self._round(left, sizes[0], f"{tweak}/{turn}") % sizes[1]) % sizes[1]
            else:
                left = (left + self._round(right, sizes[1], f"{tweak}/{turn}") % sizes[0]) % sizes[0]
        return left, right

    def _round(self, half: pl.Series, size: int, tweak: str) -> pl.Series:
        """The round function: 64 bits for each half."""
        if size > _SHUFFLED:
            return self._number(half, tweak)
        if (tweak, size) not in self._tables:
            self._tables[tweak, size] = self._number(pl.int_range(size, dtype=pl.UInt64, eager=True), tweak)
        return self._tables[tweak, size].gather(half)

    def _shuffle(self, size: int, tweak: str) -> pl.Series:
        """All numbers below *size* in the order of their digests."""
        if (tweak, 0) not in self._tables:
            numbers = pl.int_range(size, dtype=pl.UInt64, eager=True)
            order = pl.DataFrame({"digest": self._draw(numbers, tweak).digest, "number": numbers}).sort("digest")
            self._tables[tweak, 0] = order.get_column("number")
        return self._tables[tweak, 0]

    def _number(self, half: pl.Series, tweak: str) -> pl.Series:
        return self._draw(half, tweak).number("round")

    def _draw(self, half: pl.Series, tweak: str) -> Draw:
        frame = half.cast(pl.String).alias("half").to_frame()
        return Draw.of(frame.select(pl.concat_str(pl.lit(f"{tweak}|"), "half")).to_series(), self.key)

    def _digest(self, half: pl.Series, tweaks: pl.Series, turn: int) -> pl.Series:
        """As ``_round``, with a tweak for each row; 62 bits, so that adding a half never runs over."""
        frame = pl.DataFrame({"tweak": tweaks, "half": half.cast(pl.String)})
        texts = frame.select(pl.concat_str("tweak", pl.lit(f"/{turn}|"), "half")).to_series()
        return Draw.of(texts, self.key).number("round") // 4
