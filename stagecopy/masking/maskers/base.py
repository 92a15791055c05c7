"""What a mask is, and what all keyed masks share.

A mask sees the unescaped text of one column and a key of its own; it knows no database, no other column and no clock.
Surprising: what a mask puts depends only on the value, the key, the locale, its options, the length it must fit and how
the type compares. Equal values therefore get equal masks in every table, which is what keeps foreign keys together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Protocol

import polars as pl

from stagecopy.masking.digest import BITS_PER_CHARACTER, Draw
from stagecopy.masking.keys import MaskKey
from stagecopy.model.catalog import Column

TEXT_TYPES = frozenset({"text", "varchar", "bpchar", "citext", "name"})
LEAST_BITS = 50  # below this, distinct values of a large unique column could meet
_REPEATS = 2  # values that stand this often on average are masked once
_NO_OPTIONS: Mapping[str, str] = MappingProxyType({})


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
    rows: int = 0  # estimated, for the odds in messages

    def normal(self, raw: pl.Series) -> pl.Series:
        """The values as their type compares them."""
        if self.padded:
            raw = raw.str.strip_chars_end(" ")
        return raw.str.to_lowercase() if self.caseless else raw


class Masker(Protocol):
    """One mask at work on one column."""

    name: ClassVar[str]
    summary: ClassVar[str]
    takes: ClassVar[str]
    injective: ClassVar[bool]
    options: ClassVar[Mapping[str, str]]

    def __init__(self, setting: Setting) -> None: ...

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:
        """What is wrong with the options as given, or None."""

    def accepts(self, column: Column) -> str | None:
        """Why this mask cannot be used on *column*, or None."""

    def apply(self, series: pl.Series) -> pl.Series:
        """The masked values; null and '' stay."""


class BaseMasker:
    """Defaults that most masks share; a mask overrides ``fill`` and, where it must, the rest."""

    name: ClassVar[str]
    summary: ClassVar[str]
    takes: ClassVar[str] = "text"
    injective: ClassVar[bool] = False
    options: ClassVar[Mapping[str, str]] = _NO_OPTIONS

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._key = setting.key.derive(f"mask {self.name}")

    @staticmethod
    def options_problem(options: Mapping[str, str]) -> str | None:  # noqa: ARG004  # most masks have none to check
        """What is wrong with the options as given, or None."""
        return None

    def accepts(self, column: Column) -> str | None:
        """Text-like types only, and long enough."""
        if column.base_type not in TEXT_TYPES and column.category != "S":
            return f"takes text, {column.type} is not"
        return self.length_problem()

    def length_problem(self) -> str | None:
        """Why the output does not fit, or None."""
        return None

    def apply(self, series: pl.Series) -> pl.Series:
        """The masked values; null and '' stay."""
        normal = self.setting.normal(series)
        wanted = normal.is_not_null() & (normal != "")
        if not wanted.any():
            return series
        if wanted.all():
            return self._filled(normal).alias(series.name)
        masked = self._filled(normal.filter(wanted))
        place = wanted.cast(pl.Int64).cum_sum() - 1
        spread = masked.gather(pl.select(pl.when(wanted).then(place)).to_series())
        return pl.select(pl.when(wanted).then(spread).otherwise(series)).to_series().alias(series.name)

    def _filled(self, raw: pl.Series) -> pl.Series:
        """``fill``, once per distinct value where values repeat: the HMAC is by far the dearest step."""
        if raw.n_unique() * _REPEATS > len(raw):
            return self.fill(raw)
        distinct = raw.unique(maintain_order=True)
        masks = pl.DataFrame({"raw": distinct, "mask": self.fill(distinct)})
        rows = raw.alias("raw").to_frame()
        return rows.join(masks, on="raw", how="left", maintain_order="left").get_column("mask")

    def fill(self, raw: pl.Series) -> pl.Series:
        """The masks of values that are neither null nor empty."""
        raise NotImplementedError

    def draw(self, raw: pl.Series) -> Draw:
        """What this mask may draw for *raw*."""
        return Draw.of(raw, self._key)


def differing(raw: pl.Series, *candidates: pl.Series) -> pl.Series:
    """Per value the first candidate that is not the raw value, case and surrounding space aside."""
    lowered = raw.str.strip_chars().str.to_lowercase()
    chosen = candidates[0]
    for other in candidates[1:]:
        same = chosen.str.strip_chars().str.to_lowercase() == lowered
        if not same.any():
            return chosen
        chosen = other.zip_with(same, chosen)
    if (chosen.str.strip_chars().str.to_lowercase() == lowered).any():
        raise ValueError("no candidate differs from the raw value")
    return chosen


def code_problem(setting: Setting, characters: int, *, least: int) -> str | None:
    """Why *characters* of a code are too few: fewer than *least*, or too few bits for a unique column."""
    bits = characters * BITS_PER_CHARACTER
    if characters < least:
        return f"does not fit into {setting.length} characters"
    if setting.unique and bits < LEAST_BITS:
        odds = min(1.0, setting.rows**2 / 2 ** (bits + 1))
        return (
            f"only {bits} bits of the digest fit into {setting.length} characters, a unique column needs {LEAST_BITS} "
            f"(two of {setting.rows} rows would meet with a chance of {odds:.2g})"
        )
    return None
