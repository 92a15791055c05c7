"""Permutes whole numbers and codes such that what they look like stays: digits, capitals and small letters in place.

Whole numbers stay as long as they are, keep their sign, and what fits into a type of PostgreSQL still does. In all
other texts every digit stays a digit and every letter a letter of its case. Surprising: a leading zero stays one, or
007 and 7 could meet. All is vectorised: texts are taken apart into one row per character, and put together again.
"""

from __future__ import annotations

import string

import polars as pl

from stagecopy.masking.permutation import Permutation

INTEGER = r"^-?[1-9][0-9]{0,18}$"
_ALL_DIGITS = r"^-?[0-9]+$"
_LIMITS = (2**15 - 1, 2**31 - 1, 2**63 - 1)  # of int2, int4 and int8; one more below zero
_ALPHABETS = (string.digits, string.ascii_uppercase, string.ascii_lowercase)
_BLOCK = 24  # characters permuted together: two halves of up to 26**12
_LETTERS = pl.Series("letter", list("".join(_ALPHABETS)))
_KINDS = pl.DataFrame(
    {
        "letter": _LETTERS,
        "start": [start for start, each in zip((0, 10, 36), _ALPHABETS, strict=True) for _ in each],
        "radix": [len(each) for each in _ALPHABETS for _ in each],
        "value": [place for each in _ALPHABETS for place in range(len(each))],
    },
    schema_overrides={"start": pl.UInt64, "radix": pl.UInt64, "value": pl.UInt64},
)


def permuted_integers(raw: pl.Series, permutation: Permutation) -> pl.Series:
    """Whole numbers as PostgreSQL writes them, all matching ``INTEGER``."""
    frame = pl.DataFrame({"raw": raw}).with_row_index("row")
    size = pl.col("raw").str.strip_prefix("-")
    negative = pl.col("raw").str.starts_with("-")
    magnitude = size.cast(pl.UInt64)
    above = [(magnitude > pl.lit(limit, pl.UInt64) + negative.cast(pl.UInt64)).cast(pl.UInt8) for limit in _LIMITS]
    frame = frame.with_columns(
        number=magnitude, digits=size.str.len_chars(), negative=negative, above=sum(above[1:], above[0])
    )
    parts = [_segment(part, permutation) for part in frame.partition_by("digits", "negative", "above")]
    return pl.concat(parts).sort("row").get_column("masked")


def _segment(part: pl.DataFrame, permutation: Permutation) -> pl.DataFrame:
    """Rows of one length and sign that fit into the same types."""
    digits, above, sign = part.item(0, "digits"), part.item(0, "above"), "-" if part.item(0, "negative") else ""
    limits = [0, *(limit + len(sign) for limit in _LIMITS), 2**64 - 1]
    least = max(10 ** (digits - 1), limits[above] + 1)
    most = min(10**digits - 1, limits[above + 1])
    numbers = permutation.numbers(part.get_column("number") - least, most - least + 1, f"integer {sign}{least}")
    masked = pl.concat_str(pl.lit(sign), (numbers + least).cast(pl.String).alias("masked"))
    return part.select("row", pl.select(masked.alias("masked")).to_series())


def permuted_codes(raw: pl.Series, permutation: Permutation) -> pl.Series:
    """Texts of ASCII letters, digits and whatever stands between them."""
    letters = _taken_apart(raw)
    fixed, moving = letters.filter(pl.col("radix").is_null()), letters.filter(pl.col("radix").is_not_null())
    if moving.is_empty():
        return raw
    moving = moving.with_columns(rank=pl.int_range(pl.len(), dtype=pl.UInt32).over("row"))
    first = (pl.col("rank") == 0) & pl.col("number")
    zero = first & (pl.col("value") == 0)
    moving = moving.with_columns(
        radix=pl.when(zero).then(pl.lit(1, pl.UInt64)).when(first).then(pl.lit(9, pl.UInt64)).otherwise("radix"),
        value=pl.when(first & ~zero).then(pl.col("value") - 1).otherwise("value"),
        start=pl.when(first & ~zero).then(pl.col("start") + 1).otherwise("start"),
        block=pl.col("rank") // _BLOCK,
        half=pl.col("rank") % 2,
    )
    masked = _moved(moving, permutation)
    whole = pl.concat([fixed.select("row", "place", "letter"), masked]).sort("row", "place")
    return whole.group_by("row", maintain_order=True).agg(pl.col("letter").str.join("")).get_column("letter")


def _taken_apart(raw: pl.Series) -> pl.DataFrame:
    """One row for each character, with what it may become."""
    frame = pl.DataFrame({"raw": raw}).with_row_index("row")
    frame = frame.select(
        "row", number=pl.col("raw").str.contains(_ALL_DIGITS), letter=pl.col("raw").str.extract_all(r"(?s).")
    )
    frame = frame.explode("letter").with_columns(place=pl.int_range(pl.len(), dtype=pl.UInt32).over("row"))
    return frame.join(_KINDS, on="letter", how="left", maintain_order="left")


def _moved(moving: pl.DataFrame, permutation: Permutation) -> pl.DataFrame:
    """The characters that change, each half of each block as one number in mixed radix."""
    group = ["row", "block", "half"]
    moving = moving.with_columns(weight=pl.col("radix").cum_prod().over(group) // pl.col("radix"))
    halves = moving.group_by(group, maintain_order=True).agg(
        number=(pl.col("value") * pl.col("weight")).sum(), size=pl.col("radix").product().cast(pl.UInt64)
    )
    blocks = _blocks(halves, moving)
    left, right = permutation.pairs(
        (blocks.get_column("number"), blocks.get_column("number_right")),
        (blocks.get_column("size"), blocks.get_column("size_right")),
        blocks.get_column("tweak"),
    )
    turned = pl.concat(
        [
            blocks.select("row", "block", half=pl.lit(place, pl.UInt32), turned=each)
            for place, each in ((0, left), (1, right))
        ]
    )
    moving = moving.join(turned, on=group, how="left", maintain_order="left")
    letter = pl.col("start") + (pl.col("turned") // pl.col("weight")) % pl.col("radix")
    return moving.select("row", "place", letter=_LETTERS.gather(moving.select(letter).to_series()))


def _blocks(halves: pl.DataFrame, moving: pl.DataFrame) -> pl.DataFrame:
    """Both halves of each block beside each other. The tweak of a block is all that stands before it."""
    left, right = halves.filter(pl.col("half") == 0), halves.filter(pl.col("half") == 1)
    blocks = left.join(right, on=["row", "block"], how="left", maintain_order="left").with_columns(
        pl.col("number_right").fill_null(0), pl.col("size_right").fill_null(1)
    )
    texts = moving.group_by("row", maintain_order=True).agg(before=pl.col("letter").str.join(""))
    blocks = blocks.join(texts, on="row", how="left", maintain_order="left")
    before = pl.col("before").str.slice(0, pl.col("block") * _BLOCK)
    return blocks.with_columns(tweak=pl.format("code {}x{} {}", "size", "size_right", before))
