"""Numbers of one country's numbering plan, for ``phone`` with ``country:``."""

from __future__ import annotations

import polars as pl

from stagecopy.masking.digest import Draw
from stagecopy.masking.numbering import PLANS, Numbering

_DIGITS = 12


def planned_numbers(raw: pl.Series, draw: Draw, country: str) -> pl.Series:
    """A number per value: with the country's code where the value has one in front, else as dialled at home."""
    plan = PLANS[country]
    pattern = draw.index("pattern", len(plan.patterns))
    digits = draw.index("digits", 10**_DIGITS)
    abroad = raw.str.strip_chars().str.contains(r"^(?:\+|00)")
    drawn = [
        _number(plan, int(which), int(number), international=front)
        for which, number, front in zip(pattern, digits, abroad, strict=True)
    ]
    same = pl.Series(drawn, dtype=pl.String) == raw
    return pl.Series([_next(text) if equal else text for text, equal in zip(drawn, same, strict=True)], dtype=pl.String)


def _number(plan: Numbering, which: int, number: int, *, international: bool) -> str:
    pattern = plan.patterns[which]
    drawn = iter(f"{number:0{_DIGITS}d}")
    rest = "".join(next(drawn) if each == "#" else each for each in pattern)
    return f"+{plan.code}{rest}" if international else plan.trunk + rest


def _next(text: str) -> str:
    """All patterns end in a drawn digit."""
    return text[:-1] + str((int(text[-1]) + 1) % 10)
