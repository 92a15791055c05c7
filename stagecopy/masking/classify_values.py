"""What sampled values look like: shapes of personal data, names of people, short repeated codes.

Surprising: nothing here keeps or returns a value, only what kind it is; reasons never quote one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stagecopy.masking.names_given import GIVEN_NAMES
from stagecopy.masking.names_match import SALUTATIONS, meaning, words_of
from stagecopy.masking.names_split import fold

_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[A-Za-z]{2,}")
_IP = re.compile(
    r"(?:\d{1,3}\.){3}\d{1,3}(?:/\d+)?|(?=[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:)[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}"
)
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_PHONE = re.compile(r"(?:\+|00|\()[\d\s().\-/]{6,24}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")
_CARD = re.compile(r"(?:\d[ -]?){13,19}")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_SECRET = re.compile(
    r"eyJ[\w-]+\.eyJ[\w-]+.*|\$(?:2[abxy]?|argon2\w*|scrypt|pbkdf2\S*|[156y])\$.*|pbkdf2_sha\d+\$.*|\{S?SHA\d*\}.*"
    r"|-----BEGIN .*|otpauth://.*|(?:sk|pk|rk)_(?:live|test)_\w+|gh[opsu]_\w+|github_pat_\w+|AKIA[A-Z0-9]{16}"
    r"|xox[abprs]-.*|AIza[\w-]{30,}|SG\.[\w-]+\.[\w-]+|SCRAM-SHA-256\$.*",
    re.DOTALL,
)
_RANDOM = re.compile(r"[A-Za-z0-9_\-+/=]{24,}")
_AGENT = re.compile(r"(?:Mozilla|Opera|Dalvik|okhttp|curl|python-requests)/\d.*", re.DOTALL)
_CODE = re.compile(r"[A-Za-z0-9_.:/+\- ]{0,40}")
_FEW = 20  # a code list is short
_ENOUGH = 8  # below this a repetition proves nothing
_MOST = 0.5
_SOME = 0.3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a column's sample shows. ``kind`` is one of names_words.KINDS or None."""

    size: int = 0  # values that are neither NULL nor blank
    blank: bool = False  # there are values, all of them blank
    kind: str | None = None
    why: str = ""
    people: bool = False  # reads like names of people
    codes: bool = False  # few short values, each many times
    identifiers: bool = False  # UUIDs as text
    plain: bool = False  # JSON whose leaves show nothing personal


def _iban(text: str) -> bool:
    compact = text.replace(" ", "")
    if not _IBAN.fullmatch(text) or len(compact) < 15:
        return False
    digits = "".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])
    return int(digits) % 97 == 1


def _card(text: str) -> bool:
    digits = [int(letter) for letter in text if letter.isdigit()]
    if not _CARD.fullmatch(text) or len(set(digits)) < 3:
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _random(text: str) -> bool:
    mixed = bool(re.search(r"\d", text)) and bool(re.search(r"[A-Za-z]", text))
    return mixed and _RANDOM.fullmatch(text) is not None and len(set(text)) >= 10 and _UUID.fullmatch(text) is None


def _phone(text: str) -> bool:
    return _PHONE.fullmatch(text) is not None and 7 <= sum(letter.isdigit() for letter in text) <= 15


_SHAPES: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    ("email", "e-mail addresses", _EMAIL.fullmatch),
    ("secret", "secrets", _SECRET.fullmatch),
    ("ip", "network addresses", lambda text: _IP.fullmatch(text) or _MAC.fullmatch(text)),
    ("bank", "account or card numbers", lambda text: _iban(text) or _card(text)),
    ("phone", "telephone numbers", _phone),
    ("user_agent", "user agents", _AGENT.fullmatch),
    ("gender", "forms of address", lambda text: fold(text).lower().rstrip(".") in SALUTATIONS and len(text) > 1),
    ("random", "long random values", _random),
)


_NOT_LEAVES = frozenset({"random", "gender"})  # identifiers and labels are what documents are made of


def look(values: Sequence[str]) -> Evidence:
    """What a text column's sampled values show."""
    filled = [value.strip() for value in values if value.strip()]
    if not filled:
        return Evidence(blank=bool(values))
    for kind, plural, matches in _SHAPES:
        if sum(bool(matches(value)) for value in filled) >= _MOST * len(filled):
            return Evidence(len(filled), kind=kind, why=f"the values are {plural}")
    if any(_EMAIL.search(value) for value in filled):
        return Evidence(len(filled), kind="message", why="the text contains e-mail addresses")
    return Evidence(
        len(filled),
        people=_people(filled),
        codes=_codes(filled),
        identifiers=all(_UUID.fullmatch(value) for value in filled),
    )


def _people(values: list[str]) -> bool:
    """Two to five words without digits, one of the first two a given name."""
    hits = 0
    for value in values:
        words = re.findall(r"[^\W\d_]+", fold(value).lower())
        named = any(word in GIVEN_NAMES for word in words[:2])
        hits += named and 2 <= len(words) <= 12 and not any(letter.isdigit() for letter in value)
    return hits >= _SOME * len(values) and hits >= 2


def _codes(values: list[str]) -> bool:
    distinct = set(values)
    few = len(distinct) <= _FEW and len(values) >= _ENOUGH and len(distinct) * 4 <= len(values)
    return few and all(_CODE.fullmatch(value) for value in distinct)


def look_json(values: Sequence[str]) -> Evidence:
    """What the keys and leaves of sampled JSON documents show."""
    leaves = [leaf for value in values for leaf in _leaves(value)]
    if not leaves:
        return Evidence(len(values))
    for key, text in leaves:
        found = meaning(words_of(key)) if key else None
        if found is not None and text:
            return Evidence(len(values), kind="traits", why=f"documents have a key that reads as {found.words}")
        found_shapes = (plural for shape, plural, matches in _SHAPES if shape not in _NOT_LEAVES and matches(text))
        shape = next(found_shapes, None)
        if shape:
            return Evidence(len(values), kind="traits", why=f"documents hold {shape}")
    return Evidence(len(values), plain=len(values) >= _ENOUGH)


def _leaves(text: str) -> Iterator[tuple[str, str]]:
    try:
        document = json.loads(text)
    except ValueError:  # cut short by the sampler
        yield from re.findall(r'"([^"\\]{1,60})"\s*:\s*"([^"\\]{0,200})"', text)
        return
    yield from _walk(document, "")


def _walk(node: object, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _walk(value, str(name))
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value, key)
    elif isinstance(node, str):
        yield key, node
