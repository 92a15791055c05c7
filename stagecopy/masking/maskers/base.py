"""What a mask is, and what all keyed masks share.

A mask sees the unescaped text of one column and a key of its own; it knows no database, no other column and no clock.
Surprising: what a mask puts depends only on the value, the key, the locale, its options, the length it must fit and how
the type compares. Equal values therefore get equal masks in every table, which is what keeps foreign keys together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Protocol

import polars as pl

from stagecopy.masking.collation import normal, strength
from stagecopy.masking.digest import BITS_PER_CHARACTER, Draw
from stagecopy.masking.distinct import hardly_any_twice
from stagecopy.masking.keys import MaskKey
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.rules import OnBad, Rest
from stagecopy.masking.vocabulary import entries, spelled
from stagecopy.model.catalog import Column

TEXT_TYPES = frozenset({"text", "varchar", "bpchar", "citext", "name"})
LEAST_BITS = 50  # below this, distinct values of a large unique column could meet
_LOWER = 0x20
_REPEATS = 2  # values that stand this often on average are masked once
_NO_OPTIONS: Mapping[str, str] = MappingProxyType({})
_NO_LEAVES: Mapping[str, Masker] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a mask works. ``length`` is the shortest of all columns that must end equal."""

    key: MaskKey
    locale: str = "en_US"
    options: Mapping[str, str] = field(default_factory=lambda: _NO_OPTIONS)
    length: int | None = None
    unique: bool = False
    nullable: bool = True
    caseless: bool = False  # equal regardless of case: citext
    padded: bool = False  # equal regardless of trailing spaces: char(n)
    scaled: bool = False  # equal regardless of zeros at the end: numeric
    collation: str | None = None  # the locale of a nondeterministic collation
    rows: int = 0  # estimated, for the odds in messages
    subject: str | None = None  # one key drives all masks of a person
    on_bad: OnBad = "redact"
    leaves: Mapping[str, Masker] = field(default_factory=lambda: _NO_LEAVES)  # of documents by path, of parts by name
    rest: Rest = "fail"
    labels: tuple[str, ...] = ()  # of an enum
    fields: tuple[str, ...] = ()  # of a composite type
    delimiter: str = ","  # between the elements of an array
    where: str = ""  # the rule's file:line
    limit: int | None = None  # what numbers of all these columns stay below, sign aside
    scale: int | None = None  # digits after the point that all these columns have

    def normal(self, raw: pl.Series) -> pl.Series:
        """The values as their type compares them."""
        if self.padded:
            raw = raw.str.strip_chars_end(" ")
        if self.scaled:
            raw = raw.str.replace(r"(\.\d*?)0+$", "$1").str.strip_suffix(".")
        if self.collation is not None:
            raw = normal(raw, self.collation)
        return raw.str.to_lowercase() if self.caseless else raw


class Masker(Protocol):
    """One mask at work on one column."""

    name: ClassVar[str]
    trace: ClassVar[Trace]
    summary: ClassVar[str]
    takes: ClassVar[str]
    injective: ClassVar[bool]
    subjects: ClassVar[bool]
    documents: ClassVar[bool]
    parts: ClassVar[str | None]
    lists: ClassVar[frozenset[str]]
    permutes: ClassVar[bool]
    options: ClassVar[Mapping[str, str]]

    def __init__(self, setting: Setting) -> None: ...

    @property
    def personal(self) -> bool:
        """Whether it goes by a subject, or any of its parts does: only then ``apply`` is told whose values they are."""

    @property
    def distinct(self) -> bool:
        """Whether different values get different masks, as this one is set: ``injective``, or all its parts are."""

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """What is wrong with the options as given, or None."""

    @property
    def bits(self) -> int | None:
        """How many bits of the digest tell two masks apart; None for a mask that is no digest."""

    def accepts(self, column: Column) -> str | None:
        """Why this mask cannot be used on *column*, or None."""

    def apply(self, series: pl.Series, who: pl.Series | None = None) -> pl.Series:
        """The masked values; null and '' stay. *who*: per row, whose value it is (the key of the rule's subject)."""


class BaseMasker:
    """Defaults that most masks share; a mask overrides ``fill`` and, where it must, the rest."""

    name: ClassVar[str]
    trace: ClassVar[Trace]  # each mask says it for itself: what the audit may conclude
    summary: ClassVar[str]
    takes: ClassVar[str] = "text"
    injective: ClassVar[bool] = False
    subjects: ClassVar[bool] = False  # whether `subject:` says something to it
    documents: ClassVar[bool] = False  # whether it takes JSON
    parts: ClassVar[str | None] = None  # where its rule names masks of parts: paths, keys, fields, each
    lists: ClassVar[frozenset[str]] = frozenset()  # options that may be lists: they arrive joined by |
    permutes: ClassVar[bool] = False  # whether the values of a small domain stay among themselves
    options: ClassVar[Mapping[str, str]] = _NO_OPTIONS

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._key = setting.key.derive(f"mask {self.name}")
        self._person_key = setting.key.derive(f"subject {setting.subject}")

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:  # noqa: ARG004  # most masks have none to check
        """What is wrong with the options as given, or None."""
        return None

    @property
    def personal(self) -> bool:
        """As set."""
        return self.setting.subject is not None or any(each.personal for each in self.setting.leaves.values())

    @property
    def distinct(self) -> bool:
        """As declared."""
        return self.injective

    @property
    def bits(self) -> int | None:
        """None: most masks draw from a vocabulary."""
        return None

    def accepts(self, column: Column) -> str | None:
        """Text-like types only, and long enough."""
        if column.base_type not in TEXT_TYPES and column.category != "S":
            return f"takes text, {column.type} is not"
        return self.collation_problem() or self.length_problem()

    def collation_problem(self) -> str | None:
        """Why equal values could not be told, or None."""
        locale = self.setting.collation
        if locale is None or strength(locale) is not None:
            return None
        return f"the collation {locale} compares in a way of its own; masks that fit: null, constant"

    def length_problem(self) -> str | None:
        """Why the output does not fit, or None."""
        return None

    def apply(self, series: pl.Series, who: pl.Series | None = None) -> pl.Series:
        """The masked values; null and '' stay."""
        normal = self.setting.normal(series)
        wanted = normal.is_not_null() & (normal != "")
        if not wanted.any():
            return series
        if wanted.all():
            return self._filled(normal, who).alias(series.name)
        masked = self._filled(normal.filter(wanted), None if who is None else who.filter(wanted))
        place = wanted.cast(pl.Int64).cum_sum() - 1
        spread = masked.gather(pl.select(pl.when(wanted).then(place)).to_series())
        return pl.select(pl.when(wanted).then(spread).otherwise(series)).to_series().alias(series.name)

    def _filled(self, raw: pl.Series, who: pl.Series | None) -> pl.Series:
        """``fill``, once per distinct value where values repeat: the HMAC is by far the dearest step."""
        if who is not None:
            # a row that is about nobody is masked by its own value
            return self.fill_of(raw, self._persons(raw, who))
        if not _repeats(raw):
            return self.fill(raw)
        distinct = raw.unique(maintain_order=True)
        masks = pl.DataFrame({"raw": distinct, "mask": self.fill(distinct)})
        rows = raw.alias("raw").to_frame()
        return rows.join(masks, on="raw", how="left", maintain_order="left").get_column("mask")

    def fill(self, raw: pl.Series) -> pl.Series:
        """The masks of values that are neither null nor empty."""
        return self.fill_of(raw, self.draw(raw))

    def fill_of(self, raw: pl.Series, person: Draw) -> pl.Series:
        """``fill`` of a mask that goes by a subject: what tells the person comes from *person*."""
        raise NotImplementedError

    def draw(self, raw: pl.Series) -> Draw:
        """What this mask may draw for *raw*."""
        return Draw.of(raw, self._key)

    def ascii_names(self, part: str, length: int | None = None) -> pl.Series:
        """What first or last names look like in addresses; entry by entry those that ``name`` draws for a subject."""
        locale = self.setting.locale
        if self.setting.subject is None:
            return entries(locale, f"{part}_ascii", length)
        names = spelled(locale, f"{part}_names", f"{part}_ascii")
        return names if length is None else names.str.slice(0, length)

    def _persons(self, raw: pl.Series, who: pl.Series) -> Draw:
        keyed, own = Draw.of(who.fill_null(""), self._person_key).digest, self.draw(raw)
        return Draw(keyed.zip_with(who.is_not_null(), own.digest), own)


def _repeats(raw: pl.Series) -> bool:
    """Whether to mask each value once pays. What is put is the same either way."""
    return not hardly_any_twice(raw) and raw.n_unique() * _REPEATS <= len(raw)


def differing(raw: pl.Series, drawn: pl.Series, *others: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """*drawn*, and where that is the raw value, case and surrounding space aside, the first of *others* that is not.

    Each of *others* is asked for the rows, by number, that need it.
    """
    bare = raw.str.strip_chars()
    rows = _near(bare, drawn)
    rows = rows.filter(_lowered(drawn.gather(rows)) == _lowered(bare.gather(rows)))
    if not len(rows):
        return drawn
    lowered, chosen = _lowered(bare.gather(rows)), drawn.gather(rows)
    for other in others:
        same = _lowered(chosen) == lowered
        if not same.any():
            break
        chosen = other(rows).zip_with(same, chosen)
    if (_lowered(chosen) == lowered).any():
        raise ValueError("no candidate differs from the raw value")
    return drawn.clone().scatter(rows, chosen)


def _near(bare: pl.Series, drawn: pl.Series) -> pl.Series:
    """The rows that the dear comparison is for. ASCII keeps its length in lower case, and its first letter tells."""
    rows = (bare.str.len_bytes() == drawn.str.len_bytes()).arg_true()
    rows = rows.filter(_initials(bare).gather(rows).eq_missing(_initials(drawn).gather(rows)))
    odd = (_beyond_ascii(bare) | _beyond_ascii(drawn)).arg_true()
    return pl.concat([rows, odd]).unique().sort() if len(odd) else rows


def _initials(texts: pl.Series) -> pl.Series:
    """The first bytes, with the bit set that tells cases apart: of ASCII letters it makes the lower-case one."""
    return texts.cast(pl.Binary).bin.get(0, null_on_oob=True) | _LOWER


def _beyond_ascii(texts: pl.Series) -> pl.Series:
    return texts.str.len_bytes() != texts.str.len_chars()


def _lowered(texts: pl.Series) -> pl.Series:
    return texts.str.strip_chars().str.to_lowercase()


def odds(rows: int, bits: int) -> float:
    """The chance that two of *rows* values get one code of *bits* bits: the birthday bound."""
    return float(min(1.0, rows**2 / 2 ** (bits + 1)))


def code_problem(setting: Setting, characters: int, *, least: int) -> str | None:
    """Why *characters* of a code are too few: fewer than *least*, or too few bits for a unique column."""
    bits = characters * BITS_PER_CHARACTER
    if characters < least:
        return f"does not fit into {setting.length} characters"
    if setting.unique and bits < LEAST_BITS:
        chance = f" (two of {setting.rows} rows would meet with a chance of {odds(setting.rows, bits):.2g})"
        return (
            f"only {bits} bits of the digest fit into {setting.length} characters, a unique column needs {LEAST_BITS}"
            + (chance if setting.rows else "")
        )
    return None
