"""Filler words of about the same length as the text they stand for."""

from __future__ import annotations

import functools
import random
from functools import partial

import polars as pl

from stagecopy.masking.maskers.base import BaseMasker, differing
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.vocabulary import vocabulary

_STARTS = 1024
_PIECE = 256  # characters; longer texts repeat pieces


@functools.cache
def _pieces(locale: str) -> pl.Series:
    """Beginnings that masks are cut from. No two neighbours share a first letter: a one-letter text can step on."""
    words = list(vocabulary(locale).lists["words"])
    chosen = random.Random(0)  # noqa: S311  # a fixed shuffle of public words, nothing secret
    by_letter: dict[str, list[str]] = {}
    for word in words:
        by_letter.setdefault(word[0].lower(), []).append(word)
    letters = sorted(by_letter)
    pieces = []
    for place in range(_STARTS - _STARTS % len(letters)):
        piece = chosen.choice(by_letter[letters[place % len(letters)]])
        while len(piece) < _PIECE:
            piece += " " + chosen.choice(words)
        pieces.append(piece[:_PIECE])
    return pl.Series(pieces)


class Text(BaseMasker):
    """Words that mean nothing; the length is kept, so it tells how much somebody wrote."""

    name = "text"
    trace = Trace("whole", differs=True, replaces=True, prose=True)
    summary = "filler words of the locale, about as long as the text"

    def fill(self, raw: pl.Series) -> pl.Series:
        """Draw a beginning, cut it to the length."""
        pieces = _pieces(self.setting.locale)
        start, length = self.draw(raw).index("start", len(pieces)), raw.str.len_chars()

        def stepped(step: int, rows: pl.Series) -> pl.Series:
            return _cut(pieces, start.gather(rows) + step, length.gather(rows))

        return differing(raw, _cut(pieces, start, length), partial(stepped, 1), partial(stepped, 2))


def _cut(pieces: pl.Series, start: pl.Series, length: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"piece": pieces.gather(start % len(pieces)), "length": length})
    short = frame.select(pl.col("piece").str.slice(0, pl.col("length")).str.strip_chars_end()).to_series()
    long = (length > _PIECE).arg_true()
    if not len(long):
        return short
    texts = [_repeated(pieces, int(start[row]), int(length[row])) for row in long]
    return short.scatter(long, pl.Series(texts, dtype=pl.String))


def _repeated(pieces: pl.Series, start: int, length: int) -> str:
    count = -(-length // (_PIECE + 1))
    return " ".join(pieces[(start + step) % len(pieces)] for step in range(min(count, len(pieces))))[:length].rstrip()
