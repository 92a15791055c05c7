"""Shapes of personal data: what makes a text an e-mail address, a secret, an account, a postal address.

Each says of one value whether it has the shape; ``recognised`` says what a whole sample is, and how much of it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stagecopy.masking import classify_numbers, classify_phones
from stagecopy.masking.names_match import SALUTATIONS
from stagecopy.masking.names_split import fold

EMAIL = re.compile(r"(?:mailto:)?[^\s@<>,;:]+@[^\s@<>,;:]+\.[^\W\d_]{2,}")
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_NAMED_EMAIL = re.compile(r"[^<>@]{0,80}<[^\s@<>]+@[^\s@<>]+\.[A-Za-z]{2,}>")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}")
_LIKE_PHONE = re.compile(r"(?:\+|\()[\d\s().\-/]{6,24}")  # also one that no numbering plan has: test data, old ones
_SECRET = re.compile(
    r"eyJ[\w-]+\.eyJ[\w-]+.*|\$(?:2[abxy]?|argon2\w*|scrypt|pbkdf2\S*|[156y])\$.*|(?:pbkdf2|scrypt|bcrypt)_?\w*\$.*"
    r"|\{S?SHA\d*\}.*|md5[0-9a-f]{32}|-----BEGIN .*|otpauth://.*|SCRAM-SHA-\d+\$.*"
    r"|(?:sk|pk|rk)_(?:live|test)_\w+|whsec_\w+|sk-[\w-]{20,}|gh[oprsu]_\w+|github_pat_\w+|glpat-[\w-]+|npm_\w{30,}"
    r"|pypi-[\w-]{20,}|hf_\w{20,}|(?:AKIA|ASIA)[A-Z0-9]{16}|xox[abeprs]-.*|AIza[\w-]{30,}|ya29\.[\w.-]+"
    r"|SG\.[\w-]+\.[\w-]+|shp(?:at|ca|pa|ss)_\w+|dop_v1_\w+|key-[0-9a-f]{32}|EAA[A-Za-z0-9]{30,}"
    r"|[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s@]+@.*",
    re.DOTALL,
)
_RANDOM = re.compile(r"[A-Za-z0-9_\-+/=]{24,}")
_AGENT = re.compile(r"(?:Mozilla|Opera|Dalvik|okhttp|curl|python-requests)/\d.*", re.DOTALL)
_COORDINATES = re.compile(r"-?\d{1,2}\.\d{3,}[ ,;]+-?\d{1,3}\.\d{3,}")
_STREET = (
    r"street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|way|place|square|terrace|crescent|close|hwy"
)
_ADDRESS = re.compile(
    rf"\d{{1,5}}[a-z]?,? (?:[^\W\d_][\w.'-]* ){{1,4}}(?:{_STREET})\b.*"
    r"|[^\W\d_][\w.' -]*(?:strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|straat|laan|gracht|plein) ?\d{1,4}"
    r" ?[a-z]?\b.*"
    r"|(?:\d{1,4}(?: ?bis| ?ter)?,? )?(?:rue|avenue|av\.|boulevard|bd|place|impasse|allee|chemin|quai|cours) .{3,}"
    r"|(?:via|viale|piazza|corso|vicolo|calle|c/|avenida|avda\.?|paseo|plaza|rua|travessa|praca|ul\.|ulica|al\.) .{3,}"
    r"\d{1,4}\b.*",
    re.IGNORECASE,
)
_MOST = 0.5
_LEAST_RANDOM = 10  # distinct characters


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape. ``kind`` is one of names_words.KINDS, or ``random``; ``plural`` is for reasons."""

    kind: str
    plural: str
    matches: Callable[[str], Any]


def _network(text: str) -> bool:
    if _MAC.fullmatch(text):
        return True
    if not ("." in text or ":" in text) or len(text) > 49:
        return False
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


def _random(text: str) -> bool:
    mixed = bool(re.search(r"\d", text)) and bool(re.search(r"[A-Za-z]", text))
    return (
        mixed and _RANDOM.fullmatch(text) is not None and len(set(text)) >= _LEAST_RANDOM and not UUID.fullmatch(text)
    )


def _phone(text: str) -> bool:
    if classify_phones.international(text):
        return True
    return _LIKE_PHONE.fullmatch(text) is not None and 7 <= sum(letter.isdigit() for letter in text) <= 15


SHAPES = (
    Shape("email", "e-mail addresses", lambda text: EMAIL.fullmatch(text) or _NAMED_EMAIL.fullmatch(text)),
    Shape("secret", "secrets or tokens", _SECRET.fullmatch),
    Shape("ip", "network addresses", _network),
    Shape("bank", "account or card numbers", lambda text: classify_numbers.iban(text) or classify_numbers.card(text)),
    Shape("bank", "addresses of wallets", classify_numbers.wallet),
    Shape("phone", "telephone numbers", _phone),
    Shape("session", "numbers of devices", classify_numbers.device),
    Shape("user_agent", "user agents", _AGENT.fullmatch),
    Shape("gender", "forms of address", lambda text: fold(text).lower().rstrip(".") in SALUTATIONS and len(text) > 1),
    Shape("address", "postal addresses", lambda text: _ADDRESS.fullmatch(fold(text))),
    Shape("geo", "pairs of coordinates", _COORDINATES.fullmatch),
    Shape("random", "long random values", _random),
)
_SAMPLES: tuple[tuple[str, str, Callable[[Sequence[str]], int]], ...] = (
    ("phone", "telephone numbers", classify_phones.national),
    ("national_id", "numbers of persons with sound check digits", classify_numbers.of_people),
)
# Identifiers and labels are what documents are made of.
LEAVES = tuple(each for each in SHAPES if each.kind not in ("random", "gender"))


def recognised(values: Sequence[str]) -> tuple[str, str] | None:
    """What most of *values* (none of them blank) are: kind and reason, or None."""
    for shape in SHAPES:
        if (count := sum(bool(shape.matches(value)) for value in values)) >= _MOST * len(values):
            return shape.kind, f"{count} of {len(values)} sampled values are {shape.plural}"
    for kind, plural, counted in _SAMPLES:
        if count := counted(values):
            return kind, f"{count} of {len(values)} sampled values are {plural}"
    return None


def leaf_shape(text: str) -> Shape | None:
    """The shape of one value inside a document."""
    return next((each for each in LEAVES if each.matches(text)), None)
