"""Personal data inside free text: where it stands and which mask a column of such values would have.

Surprising: kinds are looked for in the order listed, and a place belongs to the first that claims it, so an address
inside a link goes with the link. What no shape shows (a nickname, a lower-case name, a story) is not found: text whose
every word may tell something wants mask ``text``.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stagecopy.masking import classify_numbers, classify_phones
from stagecopy.masking.classify_shapes import SHAPES
from stagecopy.masking.names_given import GIVEN_NAMES
from stagecopy.masking.names_match import SALUTATIONS
from stagecopy.masking.names_split import fold
from stagecopy.masking.vocabulary import vocabulary

_COUNTRIES = {"en_US": "US", "de_DE": "DE", "fr_FR": "FR", "es_ES": "ES", "it_IT": "IT", "pl_PL": "PL", "ja_JP": "JP"}
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_PLAIN = r"[^\s@<>,;:\"'()\[\]]"  # of an address; looked for from the first of a run only, which keeps long texts quick
_EDGE = ".,;:!?)]}'\""
_SECRET, _RANDOM = (next(each.matches for each in SHAPES if each.kind == kind) for kind in ("secret", "random"))


@dataclass(frozen=True, slots=True)
class Entity:
    """One find: from *start* up to *end*; *mask* is the mask of a column of such values."""

    start: int
    end: int
    mask: str


@dataclass(frozen=True, slots=True)
class _Kind:
    mask: str
    pattern: re.Pattern[str]
    proves: Callable[[str, str], object]  # the text and the locale
    needs: tuple[str, ...] = ()  # one of these is in every find: texts without are passed over


def _always(_: str, __: str) -> bool:
    return True


def _address(text: str, _: str) -> bool:
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


def _token(text: str, _: str) -> bool:
    return bool(_SECRET(text) or _RANDOM(text))


def _iban(text: str, _: str) -> bool:
    return classify_numbers.iban(text)


def _card(text: str, _: str) -> bool:
    return classify_numbers.card(text)


def _home_phone(text: str, locale: str) -> bool:
    return classify_phones.dialled(text, _COUNTRIES[locale])


_KINDS = (
    _Kind(
        "url",
        re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://[^\s<>\"']+|\bwww\.[^\s<>\"']+", re.IGNORECASE),
        _always,
        ("://", "ww", "WW", "Ww", "wW"),
    ),
    _Kind("email", re.compile(rf"(?<!{_PLAIN}){_PLAIN}+@{_PLAIN}+\.[^\W\d_]{{2,}}"), _always, ("@",)),
    _Kind("hash", re.compile(r"[^\s\"'<>(),;={}\[\]]{16,}"), _token),
    _Kind("iban", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _iban),
    _Kind("card", re.compile(r"(?<![\w-])\d(?:[ -]?\d){11,18}(?![\w-])"), _card),
    _Kind("phone", re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])"), _always),
    _Kind("macaddr", re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:])"), _always, (":", "-")),
    _Kind("inet", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?!\.?\w)"), _address, (".",)),
    _Kind(
        "inet",
        re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?:/\d{1,3})?(?![\w:])"),
        _address,
        (":",),
    ),
    _Kind("phone", re.compile(r"(?<![\w+])(?:\+|00)\d{1,3}[ ()./-]{0,2}\d(?:[ ()./-]{0,2}\d){5,12}(?!\w)"), _always),
    _Kind("phone", re.compile(r"(?<![\w.+-])\(?\d(?:[ ()./-]{0,2}\d){6,13}(?!\w)"), _home_phone),
)


def entities(text: str, locale: str) -> list[Entity]:
    """All finds in the order they stand; none overlaps another."""
    found: list[Entity] = []
    for kind in _KINDS:
        if kind.needs and not any(each in text for each in kind.needs):
            continue
        for match in kind.pattern.finditer(text):
            value = match[0].rstrip(_EDGE)
            if kind.proves(value, locale):
                _claim(found, Entity(match.start(), match.start() + len(value), kind.mask))
    for name in _names(text, locale):
        _claim(found, name)
    return sorted(found, key=lambda each: each.start)


def _claim(found: list[Entity], new: Entity) -> None:
    if not any(each.start < new.end and new.start < each.end for each in found):
        found.append(new)


def _names(text: str, locale: str) -> Iterator[Entity]:
    """Runs of capitalised words, side by side, in which one is a given name or a form of address stands in front."""
    run: list[re.Match[str]] = []
    for word in _WORD.finditer(text):
        beside = bool(run) and text[run[-1].end() : word.start()] == " " and not _ends(run[-1][0])
        if run and not beside:
            yield from _name(run, locale)
            run = []
        if word[0][0].isupper():
            run.append(word)
        elif run:
            yield from _name(run, locale)
            run = []
    yield from _name(run, locale)


def _ends(word: str) -> bool:
    """Whether a full stop ends a sentence here, not a form of address or an initial."""
    return word.endswith(".") and len(word) > 2 and not _salutes(word)


def _salutes(word: str) -> bool:
    return fold(word).lower().rstrip(".") in SALUTATIONS


def _name(run: list[re.Match[str]], locale: str) -> Iterator[Entity]:
    plain = [fold(word[0]).lower().rstrip(".'’") for word in run]
    last = _last_names(locale)
    greeted = next((place + 1 for place, word in enumerate(run[:-1]) if _salutes(word[0])), None)
    start = next((place for place, word in enumerate(plain) if word in GIVEN_NAMES), None)
    if start is None and greeted is None:
        surname = next((place for place, word in enumerate(plain) if place and word in last), None)
        if surname is not None:
            yield Entity(run[surname].start(), _end(run[surname]), "last_name")
        return
    first = greeted if start is None or (greeted is not None and greeted < start) else start
    whole = run[first : (first or 0) + 4]
    kind = "name" if len(whole) > 1 else "first_name" if plain[first or 0] in GIVEN_NAMES else "last_name"
    yield Entity(whole[0].start(), _end(whole[-1]), kind)


def _end(word: re.Match[str]) -> int:
    return word.end() - word[0].endswith(".")


@functools.cache
def _last_names(locale: str) -> frozenset[str]:
    return frozenset(fold(name).lower() for name in vocabulary(locale).lists["last_names"])
