"""Runs of blocks: those that are touched, and what lies between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Run = tuple[int, int]  # the first block, and the one past the last


@dataclass(frozen=True, slots=True)
class Runs:
    """Ascending, apart from each other."""

    runs: tuple[Run, ...]

    @classmethod
    def of(cls, blocks: Iterable[int]) -> Runs:
        """The runs that *blocks* make."""
        made: list[Run] = []
        first = past = -1
        for block in sorted(blocks):
            if block == past:
                past += 1
                continue
            if past > first:
                made.append((first, past))
            first, past = block, block + 1
        if past > first:
            made.append((first, past))
        return cls(tuple(made))

    @property
    def blocks(self) -> int:
        """How many there are."""
        return sum(past - first for first, past in self.runs)

    def between(self, size: int) -> Runs:
        """All other blocks of a file of *size* blocks."""
        edges = [0, *(min(edge, size) for run in self.runs for edge in run), size]
        return Runs(tuple((first, past) for first, past in zip(edges[::2], edges[1::2], strict=True) if first < past))
