"""Judges one column: personal, provably harmless, or for a human to decide.

The judges stand in order of certainty; the first that knows an answer gives it. What is left over is kept only in
tables that neither describe nor reference people, everywhere else a human decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from stagecopy.masking import names_match as names
from stagecopy.masking.classify_masks import Options, choose
from stagecopy.masking.classify_named import JSON, PLACES, named
from stagecopy.masking.classify_tables import About, text_like
from stagecopy.masking.classify_values import Evidence
from stagecopy.masking.names_match import HASHED, Meaning
from stagecopy.masking.names_split import Words
from stagecopy.model.catalog import Column, Table

Verdict = Literal["mask", "keep", "todo"]
Basis = Literal["type", "key", "name", "values", "table"]  # what the ruling rests on
_NETWORK = frozenset({"inet", "cidr", "macaddr", "macaddr8"})
_KEY_KINDS = frozenset({"email", "username", "phone", "national_id", "bank", "secret", "session", "name", "ip"})
_NAMES = frozenset({"name", "first_name", "last_name"})
_NEEDS_PERSON = frozenset({"address", "geo"})  # shapes that shops and parks have, too
_NUMERIC_ARRAYS = ("_int", "_float", "_numeric", "_bool", "_uuid", "_date", "_time", "_oid")


@dataclass(frozen=True, slots=True)
class Subject:
    """A column with all that is known about it."""

    table: Table
    column: Column
    about: About
    words: Words
    key: bool  # part of a primary key, or either end of a foreign key
    samples: Sequence[str] | None  # None: nobody looked
    evidence: Evidence

    @property
    def last(self) -> str:
        """The last word of the name that is no number."""
        return next((word for word in reversed(self.words) if not word.isdigit()), "")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a judge says."""

    verdict: Verdict
    reason: str
    confidence: float
    mask: str | None = None
    options: Options = ()
    basis: Basis = "table"


def keep(reason: str, confidence: float = 1.0) -> Ruling:
    """Harmless."""
    return Ruling("keep", reason, confidence)


def todo(reason: str) -> Ruling:
    """Unclear."""
    return Ruling("todo", reason, 0.0)


def mask(subject: Subject, kind: str, reason: str, confidence: float, *, hashed: bool = False) -> Ruling:
    """Personal data of *kind*: the mask that fits, or a todo that says none does."""
    chosen = choose(kind, subject.table, subject.column, samples=subject.samples or (), hashed=hashed)
    if chosen is None:
        return todo(f"{reason}, but no mask fits its type and keys")
    return Ruling("mask", reason, confidence, chosen.mask, chosen.options)


def judge(subject: Subject) -> Ruling:
    """The ruling on one column."""
    for each, basis in _JUDGES:
        ruling = each(subject)
        if ruling is not None:
            return replace(ruling, basis=basis)
    return replace(_unclear(subject), basis="table" if subject.samples is None else "values")


def _by_type(subject: Subject) -> Ruling | None:
    if subject.column.category == "B":
        return keep("boolean")
    if subject.column.base_type in _NETWORK:
        return mask(subject, "ip", "network address", 0.95)
    return None


def _by_key(subject: Subject) -> Ruling | None:
    if not subject.key:
        return None
    found = named(subject.column, subject.words, subject.about)
    if text_like(subject.column):
        personal = (found is not None and found.kind in _KEY_KINDS) or subject.evidence.kind in _KEY_KINDS
        return None if personal else keep("part of a key")
    if found is not None and found.kind == "national_id" and not subject.column.identity:
        return todo(f"a key that reads as {found.words}")
    return keep("part of a key")


def _by_name(subject: Subject) -> Ruling | None:
    found = named(subject.column, subject.words, subject.about)
    if found is None:
        return None
    if found.kind == "message" and not subject.about.near and not subject.about.message:
        return _far_message(subject)
    kind, seen = found.kind, subject.evidence
    if text_like(subject.column) and seen.kind == "email" and kind != "message" and not found.hashed:
        kind = "email"
    agrees = f"; {seen.why}" if seen.kind == kind else f"; {seen.people}" if seen.people and kind in _NAMES else ""
    confidence = 0.99 if agrees else 0.95
    return mask(subject, kind, f"name reads as {found.words}{agrees}", confidence, hashed=found.hashed)


def _far_message(subject: Subject) -> Ruling | None:
    if subject.evidence.kind or subject.evidence.people:
        return None
    return keep("short repeated codes", 0.8) if subject.evidence.codes else todo("free text")


def _by_values(subject: Subject) -> Ruling | None:
    seen = subject.evidence
    labelled = subject.last in names.HARMLESS | HASHED | names.IDENTIFIERS
    if seen.kind == "message":
        return mask(subject, "message", seen.why, 0.8) if subject.about.near else todo(seen.why)
    if seen.kind == "random":
        return mask(subject, "secret", seen.why, 0.6) if subject.about.near and not labelled else None
    if seen.kind in _NEEDS_PERSON and not subject.about.near:
        return todo(seen.why)
    if seen.kind is not None:
        return mask(subject, seen.kind, seen.why, 0.9)
    if seen.people and not labelled:
        return mask(subject, "name", seen.people, 0.7) if subject.about.near else todo(seen.people)
    return None


def _plain_types(subject: Subject) -> Ruling | None:
    column = subject.column
    if column.category == "E":
        return keep("enumeration")
    if column.category == "N":
        return keep("number without a personal name", 0.9)
    if column.category in ("D", "T", "R"):
        return keep("time of an event" if column.category != "R" else "range", 0.9)
    if column.base_type == "uuid":
        return keep("identifier", 0.9)
    if column.category in ("V", "Z"):
        return keep("system type or bits", 0.8)
    if column.category == "A" and column.base_type.startswith(_NUMERIC_ARRAYS):
        return keep("list of numbers, dates or identifiers", 0.8)
    return None


def _documents(subject: Subject) -> Ruling | None:
    column, about = subject.column, subject.about
    if column.base_type not in JSON and column.base_type != "bytea":
        return None
    if about.person or about.message or "credential" in about.words:
        whose = "people" if about.person else "messages" if about.message else "credentials"
        return mask(subject, "traits", f"free form data in a table of {whose}", 0.8)
    if subject.evidence.plain and not about.near:
        return keep("documents without personal keys or values in the sample", 0.6)
    return todo("free form data whose content is not known")


def _places(subject: Subject) -> Ruling | None:
    if subject.column.base_type not in PLACES and subject.column.category != "G":
        return None
    if subject.about.near and not subject.about.organisation:
        return mask(subject, "geo", "place that belongs to a person", 0.7)
    return keep("place in a table that is not about people", 0.7)


def _labels(subject: Subject) -> Ruling | None:
    """Text whose name calls it a code, a label or an identifier."""
    if subject.column.category == "A" and subject.last in names.HARMLESS:
        return keep(f"list of labels ({subject.last})", 0.7)
    if not text_like(subject.column):
        return None
    plain = names.meaning(subject.words)
    if plain is not None and plain.kind == "company":
        return keep("name of an organisation, no person beside it", 0.7)
    if subject.last in names.JOB_TITLE and (subject.about.person or subject.about.contact):
        return keep("job title, nobody is known by it alone", 0.6)
    if subject.last in names.HARMLESS:
        return keep(f"label ({subject.last})", 0.8)
    if subject.last in names.IDENTIFIERS or subject.evidence.identifiers:
        return keep("identifier", 0.7)
    if subject.evidence.codes:
        return keep("few short values, each many times", 0.8)
    return None


def _credits(subject: Subject) -> Ruling | None:
    """Names of artists and authors: public most of the time, but only a human knows."""
    bare = (
        names.is_bare_name(subject.words)
        and subject.about.words[-1:] != ()
        and (subject.about.words[-1] in names.CREDITS)
    )
    if text_like(subject.column) and (bare or subject.last in names.CREDITS) and subject.samples is None:
        return todo("names of authors or artists")
    return None


def _descriptions(subject: Subject) -> Ruling | None:
    if text_like(subject.column) and subject.about.person and subject.last in names.DESCRIPTION:
        return mask(subject, "message", "free text about a person", 0.8)
    return None


def _reference(subject: Subject) -> Ruling | None:
    known = text_like(subject.column) or subject.column.category in "SA" or subject.column.base_type == "tsvector"
    if known and not subject.about.near:
        return keep("table neither describes nor references people", 0.7)
    return None


def _unclear(subject: Subject) -> Ruling:
    if subject.column.base_type == "tsvector":
        return todo("search words of other columns")
    if text_like(subject.column) or subject.column.category == "A":
        return todo("free text near people" if subject.samples is None else "free text near people, values do not tell")
    return todo("type whose content is not known")


_JUDGES: tuple[tuple[Callable[[Subject], Ruling | None], Basis], ...] = (
    (_by_type, "type"),
    (_by_key, "key"),
    (_by_name, "name"),
    (_by_values, "values"),
    (_plain_types, "type"),
    (_documents, "table"),
    (_places, "table"),
    (_labels, "name"),
    (_credits, "name"),
    (_descriptions, "name"),
    (_reference, "table"),
)

__all__ = ["Basis", "Meaning", "Ruling", "Subject", "Verdict", "judge", "keep", "mask", "todo"]
