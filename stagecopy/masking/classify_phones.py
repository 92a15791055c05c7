"""Telephone numbers among sampled values, checked against the numbering plans of the world.

Surprising: with its country in front a number speaks for itself. Without, the same digits may be an order's number, so
the values must be written the way numbers are written and be sound in one country together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_INTERNATIONAL = re.compile(r"(?:\+|00)[\d\s().\-/]{6,24}(?:\s*(?:x|ext\.?)\s*\d{1,6})?", re.IGNORECASE)
_WRITTEN = re.compile(r"\(?\d[\d\s().\-/]{5,20}(?:\s*(?:x|ext\.?)\s*\d{1,6})?", re.IGNORECASE)
_SEPARATED = re.compile(r"\(|\d[ .\-/]\d|\A0[1-9]")
_AMERICAN = re.compile(r"\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}|\d{3}[.-]\d{4}")
_BARE = re.compile(r"[2-9]\d{9}")
_NO_PHONE = re.compile(
    r"\d{4}-\d\d-\d\d.*|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d+\.\d+|(?:\d{1,3}\.){3}\d{1,3}|\d{3}-\d\d-\d{4}"
)
_COUNTRIES = ("US", "GB", "DE", "FR", "ES", "IT", "PL", "PT", "NL", "BR", "AT", "CH", "BE", "AU", "IN", "JP")
_MOST = 0.8
_NEARLY_ALL = 0.95
_SEVERAL = 10
_LOOK_FIRST = 12


def international(text: str) -> bool:
    """Written with its country, and of a length that country has."""
    if not _INTERNATIONAL.fullmatch(text) or _NO_PHONE.fullmatch(text):
        return False
    return _digits(text) >= 7 and _sound("+" + text[2:] if text.startswith("00") else text, None, possible=True)


def dialled(text: str, country: str) -> bool:
    """Written as people of *country* write numbers, and one that it has or, in America, could have."""
    if not _looks_written(text):
        return False
    return _sound(text, country) or (country == "US" and _AMERICAN.fullmatch(text) is not None)


def national(values: Sequence[str]) -> int:
    """How many of *values* are numbers of one country; 0 unless nearly all are."""
    written = [value for value in values if _looks_written(value)]
    bare = [value for value in values if _BARE.fullmatch(value)]
    if len(written) >= _MOST * len(values) and len(set(written)) > 1:
        return _of_one_country(written, _COUNTRIES, _MOST, len(values))
    if len(bare) >= _NEARLY_ALL * len(values) and len(set(bare)) >= _SEVERAL:
        return _of_one_country(bare, _COUNTRIES[:1], _NEARLY_ALL, len(values))
    return 0


def _looks_written(text: str) -> bool:
    fits = _WRITTEN.fullmatch(text) is not None and _SEPARATED.search(text) is not None
    return fits and 7 <= _digits(text) <= 15 and not _NO_PHONE.fullmatch(text)


def _of_one_country(numbers: Sequence[str], countries: Sequence[str], share: float, size: int) -> int:
    first = numbers[:_LOOK_FIRST]
    for country in countries:
        if sum(_sound(each, country) for each in first) < share * len(first):
            continue
        if (passed := sum(_sound(each, country) for each in numbers)) >= share * size:
            return passed
    return 0


def _sound(text: str, country: str | None, *, possible: bool = False) -> bool:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_possible_number(parsed) if possible else phonenumbers.is_valid_number(parsed))


def _digits(text: str) -> int:
    return sum(letter.isdigit() for letter in text)
