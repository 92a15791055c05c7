"""What masks of persons' and companies' numbers share: their check digits are right again, and no two numbers meet.

What a scheme calls free is permuted, the rest stays, check digits are reckoned anew; what makes no valid number is
permuted again. Surprising: only valid numbers are understood, all others are bad values; and each distinct number is
taken apart one by one, because python-stdnum, which knows the rules, knows one number at a time.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, ClassVar

import polars as pl

from stagecopy.masking.codes import permuted_codes
from stagecopy.masking.maskers.base import BaseMasker, Setting
from stagecopy.masking.maskers.digits import compact, rejoined
from stagecopy.masking.maskers.unfit import code_instead, null_problem, settled
from stagecopy.masking.permutation import Permutation
from stagecopy.model.catalog import Column

_FREE_DIGIT, _FREE_LETTER, _CHECK = "#", "@", "?"
_CALCULATE = ("calc_check_digit", "calc_check_digits", "_calc_check_digits")


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of number. ``free``: # a digit and @ a letter that change, = what stays, ? check digits at the end."""

    module: str
    shape: str
    free: str

    def matches(self, number: str) -> bool:
        """Whether *number*, letters and digits only, is a valid one."""
        return re.fullmatch(self.shape, number) is not None and self._valid(number)

    def taken(self, number: str) -> str:
        """The free characters."""
        return "".join(letter for letter, kind in zip(number, self.free, strict=True) if kind in "#@")

    def made(self, number: str, free: str) -> str | None:
        """*number* with other free characters, or None where no valid one has them."""
        following = iter(free)
        head = "".join(
            next(following) if kind in "#@" else letter
            for letter, kind in zip(number, self.free, strict=True)
            if kind != _CHECK
        )
        return next((head + check for check in self._checks(head) if self._valid(head + check)), None)

    def _checks(self, head: str) -> Iterator[str]:
        if _CHECK not in self.free:
            yield ""
            return
        module = self._module
        for name in _CALCULATE:
            if hasattr(module, name):
                yield str(getattr(module, name)(head))
                return
        yield from string.digits

    def _valid(self, number: str) -> bool:
        return bool(self._module.is_valid(number))

    @property
    def _module(self) -> Any:
        return import_module(f"stdnum.{self.module}")


class CheckedNumber(BaseMasker):
    """``country:`` chooses the schemes."""

    injective = True
    schemes: ClassVar[Mapping[str, tuple[Scheme, ...]]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.options = MappingProxyType({"country": f"one of {', '.join(sorted(cls.schemes))}; needed"})

    @classmethod
    def options_problem(cls, options: Mapping[str, str]) -> str | None:
        """A country that is known."""
        known = options.get("country", "").lower() in cls.schemes
        return None if known else f"`country` is one of {', '.join(sorted(cls.schemes))}"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._permutation = Permutation(self._key)

    def accepts(self, column: Column) -> str | None:
        """Text."""
        return super().accepts(column) or null_problem(self.setting, column)

    @property
    def country(self) -> str:
        """As the rule says."""
        return self.setting.options.get("country", "").lower()

    def fill(self, raw: pl.Series) -> pl.Series:
        """Scheme by scheme."""
        small = (raw == raw.str.to_lowercase()) & (raw != raw.str.to_uppercase())
        numbers = compact(raw)
        masked = pl.Series([None], dtype=pl.String).new_from_index(0, len(raw))
        for scheme in self.schemes.get(self.country, ()):
            fits = masked.is_null() & pl.Series([scheme.matches(each) for each in numbers], dtype=pl.Boolean)
            if fits.any():
                masked = masked.scatter(fits.arg_true(), self._permuted(numbers.filter(fits), scheme))
        masked = rejoined(raw, masked)
        masked = masked.str.to_lowercase().zip_with(small, masked)
        return settled(self.setting, masked, lambda: code_instead(self.setting, self.draw(raw)))

    def _permuted(self, numbers: pl.Series, scheme: Scheme) -> pl.Series:
        """Permute the free characters until each number is valid: cycle walking."""
        free = pl.Series([scheme.taken(each) for each in numbers])
        done = pl.Series([None], dtype=pl.String).new_from_index(0, len(numbers))
        while (waiting := done.is_null().arg_true()).len():
            turned = self._turned(free.gather(waiting), scheme)
            free = free.scatter(waiting, turned)
            made = [scheme.made(*pair) for pair in zip(numbers.gather(waiting), turned, strict=True)]
            done = done.scatter(waiting, pl.Series(made, dtype=pl.String))
        return done

    def _turned(self, free: pl.Series, scheme: Scheme) -> pl.Series:
        if _FREE_LETTER in scheme.free:
            return permuted_codes(free, self._permutation)
        length = scheme.free.count(_FREE_DIGIT)
        turned = self._permutation.numbers(free.cast(pl.UInt64), 10**length, scheme.module)
        return turned.cast(pl.String).str.zfill(length)
