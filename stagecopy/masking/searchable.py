"""Which raw values the audit looks for, and the pieces of a text it looks at.

A value is looked for if its mask could not have put it there and it carries at least 30 bits. Surprising: a word
carries 16 bits at most, however long it is, because people draw words from a dictionary; so one word alone, or a date,
is never looked for, while two words, ten digits or an e-mail address are. What a mask draws from a list of names is
looked for only where the list cannot make it.
"""

from __future__ import annotations

import functools
from collections.abc import Collection

import polars as pl

from stagecopy.masking.columns import ColumnPlan
from stagecopy.masking.distinct import hardly_any_twice
from stagecopy.masking.escapes import unescaped
from stagecopy.masking.maskers import Masker
from stagecopy.masking.maskers.base import BaseMasker
from stagecopy.masking.maskers.trace import Search
from stagecopy.masking.vocabulary import vocabulary

LEAST_BITS = 30
_BITS_OF_DIGIT, _BITS_OF_LETTER, _BITS_OF_WORD = 3.3, 4.7, 16.0
_SHORTEST = 7  # characters: less than that never carries the bits
_LONGEST = 4096  # characters; longer texts are looked for by their beginning no more than as a whole
_TELLING_PART = r"\pL{3}|@|[0-9a-f]{8}-[0-9a-f]{4}"  # not of dates and numbers, which masks of parts draw anew
_NO_TEXT = ("D", "T", "B")  # categories of types: dates, spans of time, booleans
_PLAINLY_TELLING = r"(?s)[0-9](?:[^0-9]*[0-9]){9}|[a-z]{4}(?:[ -@].*[a-z]{3}|(?:[^0-9]*[0-9]){5})"
_PIECES = r"""[^\s"'<>(){}\[\]\\,;:|=&/?`$]+"""
_LONG_PIECES = _PIECES[:-1] + "{7,}"
PHRASES = (2, 3)  # words in a row that are looked up
_QUOTED = r""""(?:[^"\\]|\\.)+"|'(?:[^']|'')+'"""
_EDGES = ".!?-_*#+~"
_EMAIL = r"[^\s\"'<>(){}\[\]\\,;:|=&/?`@]+@[^\s\"'<>(){}\[\]\\,;:|=&/?`@]+\.\pL{2,}"
_BREAKS = r"""[\s"'<>{}\[\]\\,;:|=&/]"""
_ODD = _BREAKS[:-1] + "%]"  # no text without one of these has an escape


def why_not(column: ColumnPlan) -> str | None:
    """Why the values of a masked column are not looked for, or None."""
    if column.column.category in _NO_TEXT:
        return "dates and booleans are not looked for"
    if _searches(column) != {"none"}:
        return None
    return "the mask draws from the values that production could hold"


def maskers(column: ColumnPlan) -> list[Masker]:
    """All masks of a column's rows."""
    found = [column.masker, *(case.masker for case in column.cases)]
    return [each for each in found if each is not None and each.name != "keep"]


def steps_on(column: ColumnPlan) -> bool:
    """Whether no value of the column may stay what it was."""
    return column.masker is not None and column.masker.trace.differs and not column.cases


def replaces_whole(column: ColumnPlan) -> bool:
    """Whether nothing of a raw value is left in a masked one."""
    return all(each.trace.replaces for each in maskers(column))


def normal(values: pl.Series) -> pl.Series:
    """As values are compared: case and surrounding space aside."""
    return values.str.strip_chars().str.to_lowercase()


def wanted(column: ColumnPlan, raw: pl.Series, masked: pl.Series) -> pl.Series:
    """What to look for of these rows: normal texts, hardly any twice. *raw* and *masked* are aligned."""
    changed = raw.ne_missing(masked) & raw.is_not_null()
    raw, masked = _only(raw, changed), _only(masked, changed)
    searches = _searches(column)
    if "inside" in searches:
        parts = _telling(_gone(raw, masked).rename("text"))
        return _not_of(parts.filter(parts.str.contains(_TELLING_PART)), _locale(column))
    addresses = any(each.trace.prose for each in maskers(column))
    texts = _telling(pl.concat([each.rename("text") for each in _whole(raw, addresses=addresses)]))
    return _not_of(texts, _locale(column)) if "strange" in searches else texts


def _searches(column: ColumnPlan) -> set[Search]:
    return {each.trace.search for each in maskers(column)} or {"none"}


def _locale(column: ColumnPlan) -> str:
    return next(each.setting.locale for each in maskers(column) if isinstance(each, BaseMasker))


def _whole(raw: pl.Series, *, addresses: bool) -> list[pl.Series]:
    """The values, and the e-mail addresses inside longer ones."""
    found = [normal(raw)]
    if addresses:
        inside = raw.filter(raw.str.contains("@", literal=True))
        inside = inside.filter(inside.str.contains(r"\s"))
        if len(inside):
            found.append(normal(inside).str.extract_all(_EMAIL).explode(empty_as_null=False))
    return found


def _gone(raw: pl.Series, masked: pl.Series) -> pl.Series:
    """Pieces of raw values that their masks no longer hold."""
    frame = pl.DataFrame({"raw": raw, "masked": masked.fill_null("")})
    parts = [
        frame.select(pl.col("raw", "masked").str.to_lowercase().str.extract_all(pattern))
        .select(pl.col("raw").list.set_difference("masked"))
        .to_series()
        .explode(empty_as_null=False)
        for pattern in (_PIECES, _QUOTED)
    ]
    return pl.concat([parts[0].str.strip_chars(_EDGES), parts[1].str.strip_chars("\"' ")])


def _only(texts: pl.Series, chosen: pl.Series) -> pl.Series:
    """Those that are chosen; most often all are, and nothing is copied."""
    return texts if chosen.all() else texts.filter(chosen)


def _telling(texts: pl.Series) -> pl.Series:
    """Those that carry enough bits, each once where many stand more than once."""
    texts = texts.drop_nulls()
    texts = _only(texts, texts.str.len_bytes() >= _SHORTEST)
    texts = texts if hardly_any_twice(texts) else texts.unique()
    sure = texts.str.contains("@", literal=True)
    if sure.all():
        return texts
    # To count is dear: most texts show at a glance that they have ten digits, two words or one and five digits.
    sure |= texts.str.contains(_PLAINLY_TELLING) & (texts.str.len_bytes() <= _LONGEST)
    rest = texts.filter(~sure)
    if not len(rest):
        return texts
    head = pl.col("text").str.slice(0, _LONGEST)
    digits, runs = head.str.count_matches(r"\pN"), head.str.count_matches(r"\pL+")
    letters = head.str.count_matches(r"\pL")
    bits = digits * _BITS_OF_DIGIT + pl.min_horizontal(letters * _BITS_OF_LETTER, runs * _BITS_OF_WORD)
    enough = rest.alias("text").to_frame().filter(bits >= LEAST_BITS).to_series()
    return pl.concat([texts.filter(sure), enough])


@functools.cache
def _listed(locale: str) -> pl.Series:
    """Every word that the names, streets and cities of the locale are made of."""
    lists = vocabulary(locale).lists
    words = {word for name in lists for entry in lists[name] for word in entry.lower().replace(",", " ").split()}
    return pl.Series(sorted(words), dtype=pl.String)


def _not_of(texts: pl.Series, locale: str) -> pl.Series:
    """Those with a word that is on none of the locale's lists: the mask could not have made them."""
    frame = pl.DataFrame({"text": texts}).with_columns(word=pl.col("text").str.extract_all(r"\pL[\pL'’.-]*"))
    words = frame.explode("word", empty_as_null=False)
    strange = words.filter(~pl.col("word").is_in(_listed(locale).implode()))
    return strange.get_column("text").unique()


def pieces(
    cells: pl.Series, *, whole_only: bool = False, phrases: Collection[int] = PHRASES, lowered: bool = False
) -> pl.Series:
    """All normal texts that stand in *cells*: as a whole, word by word, quoted, so many words in a row."""
    cells = _only(cells, (cells.str.len_bytes() >= _SHORTEST).fill_null(value=False)).rename("text")
    if not whole_only and not hardly_any_twice(cells):
        cells = cells.unique()
    cells = cells.str.strip_chars()
    if not lowered:
        cells = cells.str.to_lowercase()
    odd = cells.clear() if whole_only else cells.filter(cells.str.contains(_ODD))
    if not len(odd):
        return cells
    plain = unescaped(odd)
    if len(plain):
        cells, odd = pl.concat([cells, plain]), pl.concat([odd, plain])
    broken = odd.filter(odd.str.contains(_BREAKS))
    if not len(broken):
        return cells
    words = broken.str.extract_all(_PIECES if phrases else _LONG_PIECES)
    found = [cells, _long(words.explode(empty_as_null=False))]
    quoted = broken.filter(broken.str.contains("[\"']"))
    if len(quoted):
        inner = quoted.str.extract_all(_QUOTED).explode(empty_as_null=False).str.slice(1).str.head(-1)
        found.append(_long(inner.str.replace_all("''", "'", literal=True)))
    if phrases:
        found += _phrases(words, phrases)
    return pl.concat(found)


def _long(texts: pl.Series) -> pl.Series:
    texts = texts.str.strip_chars(_EDGES).rename("text")
    return texts.filter(texts.str.len_bytes() >= _SHORTEST)


def _phrases(words: pl.Series, counts: Collection[int]) -> list[pl.Series]:
    """So many neighbours, as people's names are written."""
    frame = words.alias("word").to_frame().with_row_index("row").explode("word", empty_as_null=False)
    frame = frame.with_columns(pl.col("word").str.strip_chars(_EDGES))
    found = []
    for count in counts:
        near = [pl.col("word").shift(-step) for step in range(count)]
        same = pl.col("row") == pl.col("row").shift(-(count - 1))
        joined = frame.select(pl.when(same).then(pl.concat_str(near, separator=" ")).alias("text")).to_series()
        joined = joined.drop_nulls()
        found.append(joined.filter(joined.str.len_bytes() >= _SHORTEST))
    return found
