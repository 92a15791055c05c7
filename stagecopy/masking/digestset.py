"""A set of texts, kept as keyed 64-bit digests in bounded memory.

A Bloom filter answers first; what it lets through is looked up among the digests themselves, which lie in memory up to
four million and in a file beyond. Surprising: the filter is wrong for at most one text in 400 up to 30 million members
(of 64 bits two are set twice over); the digests are wrong for one in 2^64 / members; whoever needs certainty reads the
rows again. The seed lives and dies with the set, so the file says nothing to anybody else.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

import polars as pl
import polars_hash as plh

_IN_MEMORY = 4_000_000  # digests
_FLUSH = 1_000_000
_MOST_WORDS = 1 << 24  # of 64 bits: 128 MB
_FEWEST_WORDS = 1 << 14
_BITS_A_MEMBER = 32
_PHRASES = {2: r"^\S+ \S+$", 3: r"^\S+ \S+ \S+$"}
_PAIRS = pl.Series([(1 << (pair % 64)) | (1 << (pair // 64)) for pair in range(4096)], dtype=pl.UInt64)


class DigestSet:
    """Texts go in; when it is closed, digests of texts can be asked for. Several threads may ``add``."""

    def __init__(self, spill: Path) -> None:
        self._words = pl.zeros(_FEWEST_WORDS, dtype=pl.UInt64, eager=True)
        self._seed = secrets.randbits(63)
        self._spill = spill
        self._files: list[Path] = []
        self._waiting: list[pl.Series] = []
        self._held: list[pl.Series] = []
        self._kept = 0  # digests in memory and in files
        self._lock = threading.Lock()
        self._closed = False
        self.phrases: set[int] = set()  # how many words those of its texts have that have more than one
        self.added = 0  # texts, repeated ones of other batches included

    def digests(self, texts: pl.Series) -> pl.Series:
        """One number per text."""
        frame = texts.alias("text").to_frame()
        return frame.select(plh.col("text").nchash.xxh3_64(seed=self._seed)).to_series()

    def add(self, texts: pl.Series) -> None:
        """Put *texts* in; none of them is null."""
        if not len(texts):
            return
        made = self.digests(texts)
        phrases = _phrases(texts, _PHRASES.keys() - self.phrases)
        with self._lock:
            self.phrases |= phrases
            self.added += len(made)
            self._waiting.append(made)
            if sum(map(len, self._waiting)) >= _FLUSH:
                self._flush()

    def close(self) -> None:
        """Nothing more is added. The filter is made now that its size is known: estimates of rows may be missing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._flush()
            members, words = self._kept, _FEWEST_WORDS
            while words < _MOST_WORDS and words * 64 < members * _BITS_A_MEMBER:
                words *= 2
            self._words = pl.zeros(words, dtype=pl.UInt64, eager=True)
            for chunk in self._chunks():
                self._mark(chunk)

    def _flush(self) -> None:
        if not self._waiting:
            return
        chunk = pl.concat(self._waiting).unique()
        self._waiting = []
        self._kept += len(chunk)
        if sum(map(len, self._held)) + len(chunk) <= _IN_MEMORY:
            self._held.append(chunk)
            return
        path = self._spill.with_name(f"{self._spill.name}.{len(self._files)}")
        path.touch(mode=0o600)
        chunk.alias("digest").to_frame().write_ipc(path)
        self._files.append(path)

    def _mark(self, chunk: pl.Series) -> None:
        """Set their bits; of those that share a word one wins each time, so it is done until all are there."""
        place, bits = self._place(chunk), _bits(chunk)
        while len(place):
            self._words = self._words.scatter(place, self._words.gather(place) | bits)
            missing = (self._words.gather(place) & bits) != bits
            place, bits = place.filter(missing), bits.filter(missing)

    def _place(self, digests: pl.Series) -> pl.Series:
        return (digests // (1 << 40)) % len(self._words)

    def maybe(self, digests: pl.Series) -> pl.Series:
        """Per digest, whether it may be a member: what is not, is certain."""
        bits = _bits(digests)
        return (self._words.gather(self._place(digests)) & bits) == bits

    def members(self, digests: pl.Series) -> pl.Series:
        """Those of *digests* that are members."""
        found = [digests.filter(digests.is_in(chunk.implode())) for chunk in self._chunks()]
        return pl.concat(found).unique() if found else digests.clear()

    def _chunks(self) -> Iterator[pl.Series]:
        """What was added, in memory and in files."""
        yield from self._held
        for path in self._files:
            yield pl.read_ipc(path).to_series()


def _phrases(texts: pl.Series, counts: Collection[int]) -> set[int]:
    """Which of *counts* are the number of words of any of *texts*."""
    if not counts:
        return set()
    spaces = texts.str.count_matches(" ", literal=True)
    return {count for count in counts if texts.filter(spaces == count - 1).str.contains(_PHRASES[count]).any()}


def _bits(digests: pl.Series) -> pl.Series:
    return _PAIRS.gather(digests % 4096) | _PAIRS.gather((digests // 4096) % 4096)
