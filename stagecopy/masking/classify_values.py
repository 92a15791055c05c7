"""What sampled values look like: shapes of personal data, names of people, free text, short repeated codes.

Surprising: nothing here keeps or returns a value, only what kind it is and how many are; reasons never quote one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stagecopy.masking.classify_shapes import UUID, leaf_shape, recognised
from stagecopy.masking.names_given import GIVEN_NAMES
from stagecopy.masking.names_match import meaning, words_of
from stagecopy.masking.names_split import fold

_CODE = re.compile(r"[A-Za-z0-9_.:/+\- ]{0,40}")
_CUT_SHORT = re.compile(r'"([^"\\]{1,60})"\s*(?::|=>)\s*"([^"\\]{0,200})"')
_PLAIN_KEY = re.compile(r"[A-Za-z_-]{1,40}\d{0,3}", re.ASCII)
_ELEMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)')
_WITHIN = (
    (re.compile(r"[^\s@<>,;:\"'()]+@[^\s@<>,;:\"'()]+\.[A-Za-z]{2,}"), "e-mail addresses"),
    (re.compile(r"(?<![\w+])\+\d{1,3}[ ()./-]?\d(?:[ ()./-]?\d){6,12}(?!\w)"), "telephone numbers"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"), "account numbers"),
)
_FEW = 20  # a code list is short
_ENOUGH = 8  # below this a repetition proves nothing
_SOME = 0.3
_MOST = 0.5
_PROSE_WORDS = 5
_PATHS_NAMED = 6


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a column's sample shows. ``kind`` is one of names_words.KINDS or None."""

    size: int = 0  # values that are neither NULL nor blank
    blank: bool = False  # there are values, all of them blank
    kind: str | None = None
    why: str = ""
    people: str = ""  # reads like names of people: how many of how many
    codes: bool = False  # few short values, each many times
    identifiers: bool = False  # UUIDs as text
    plain: bool = False  # JSON whose leaves show nothing personal
    prose: bool = False  # sentences
    leaves: tuple[tuple[str, str], ...] = ()  # paths of a document and the kind of personal data there


def look(values: Sequence[str]) -> Evidence:
    """What a text column's sampled values show."""
    filled = [value.strip() for value in values if value.strip()]
    if not filled:
        return Evidence(blank=bool(values))
    size, found = len(filled), recognised(filled)
    if found is not None:
        return Evidence(size, kind=found[0], why=found[1])
    prose = _prose(filled)
    for pattern, plural in _WITHIN:
        if count := sum(bool(pattern.search(value)) for value in filled):
            why = f"{count} of {size} sampled values contain {plural}"
            return Evidence(size, kind="message", why=why, prose=prose)
    return Evidence(
        size,
        people=_people(filled),
        codes=_codes(filled),
        identifiers=all(UUID.fullmatch(value) for value in filled),
        prose=prose,
    )


def look_array(values: Sequence[str]) -> Evidence:
    """What the elements of sampled arrays of text show."""
    elements = [quoted or bare for value in values for quoted, bare in _ELEMENT.findall(value)]
    return look(elements)


def look_number(values: Sequence[str]) -> Evidence:
    """What the values of a column of whole numbers show: check digits."""
    found = recognised(values) if values else None
    known = found is not None and found[0] in ("national_id", "bank", "phone")
    return Evidence(len(values), kind=found[0], why=found[1]) if found and known else Evidence(len(values))


def _people(values: list[str]) -> str:
    """Two to five words without digits, one of the first two a given name; or given names alone."""
    full = alone = 0
    for value in values:
        words = re.findall(r"[^\W\d_]+", fold(value).lower())
        if any(letter.isdigit() for letter in value) or not any(word in GIVEN_NAMES for word in words[:2]):
            continue
        full += 2 <= len(words) <= 12
        alone += len(words) == 1
    many = len(values)
    if full >= max(2, _SOME * many):
        return f"{full} of {many} sampled values read like names of people"
    different = len({fold(value).lower() for value in values})
    if alone >= _MOST * many and different >= _ENOUGH:
        return f"{alone} of {many} sampled values are given names"
    return ""


def _codes(values: list[str]) -> bool:
    distinct = set(values)
    few = len(distinct) <= _FEW and len(values) >= _ENOUGH and len(distinct) * 4 <= len(values)
    return few and all(_CODE.fullmatch(value) for value in distinct)


def _prose(values: list[str]) -> bool:
    """Most values are sentences, and they differ."""
    long = sum(len(value.split()) >= _PROSE_WORDS for value in values)
    return long >= _MOST * len(values) and len(set(values)) * 2 > len(values)


def look_json(values: Sequence[str]) -> Evidence:
    """What the keys and leaves of sampled JSON documents show, path by path."""
    found: dict[str, tuple[str, str]] = {}
    seen = False
    for value in values:
        for path, key, text in _leaves(value):
            seen = True
            if path not in found and (judged := _leaf(key, text)) is not None:
                found[path] = judged
    if not seen:
        return Evidence(len(values))
    if not found:
        return Evidence(len(values), plain=len(values) >= _ENOUGH)
    leaves = tuple((path, kind) for path, (kind, _) in sorted(found.items()))
    named = [f"{path} {why}" for path, (_, why) in sorted(found.items()) if path]
    shown = ", ".join(named[:_PATHS_NAMED]) + (" and more" if len(named) > _PATHS_NAMED else "")
    return Evidence(len(values), kind="traits", why=f"documents hold personal data: {shown}", leaves=leaves)


def _leaf(key: str, text: str) -> tuple[str, str] | None:
    """The kind of one leaf and what shows it."""
    named = meaning(words_of(key)) if key else None
    if named is not None and text:
        return named.kind, f"(reads as {named.words})"
    shape = leaf_shape(text)
    return (shape.kind, f"({shape.plural})") if shape else None


def _leaves(text: str) -> Iterator[tuple[str, str, str]]:
    """Path, key and value of every text in a document. Keys that could be values themselves are shown as ``*``."""
    try:
        document = json.loads(text)
    except ValueError:  # cut short by the sampler, or no JSON
        yield from ((f"$..{_shown(key)}", key, value) for key, value in _CUT_SHORT.findall(text))
        return
    yield from _walk(document, "$", "")


def _walk(node: object, path: str, key: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _walk(value, f"{path}.{_shown(str(name))}", str(name))
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value, f"{path}[*]", key)
    elif isinstance(node, str):
        yield path, key, node


def _shown(key: str) -> str:
    """A key as a path spells it, unless it may be somebody's name, address or number."""
    return key if _PLAIN_KEY.fullmatch(key) and fold(key).lower() not in GIVEN_NAMES else "*"
