"""What a column's name says about it, read in the light of its table and type."""

from __future__ import annotations

from stagecopy.masking import names_match as names
from stagecopy.masking.classify_tables import About, text_like
from stagecopy.masking.names_match import Meaning
from stagecopy.masking.names_split import Words
from stagecopy.model.catalog import Column

JSON = frozenset({"json", "jsonb", "hstore", "xml"})
PLACES = frozenset({"geometry", "geography"})
# Kinds that say nothing unless the row is, or belongs to, a person.
_NEEDS_PERSON_NEARBY = frozenset(
    {"city", "district", "location", "photo", "geo", "gender", "sensitive", "body_fact", "salary", "user_agent"}
)
_NEEDS_CONTACT = frozenset({"company", "homepage"})
_NUMBERS = frozenset(
    {"phone", "postal_code", "salary", "national_id", "bank", "pin", "body_fact", "geo", "birth", "extension"}
)
_TEXT_ONLY = frozenset(
    {"session", "username", "external_id", "company", "homepage", "street", "city", "district", "postal_code"}
    | {"extension", "gender", "pin", "birth"}
)
_TO_NAMES = frozenset({"ship", "bill", "deliver", "to", "invoice"})  # ship_name is a ship's, unless an address follows


def named(column: Column, words: Words, about: About) -> Meaning | None:
    """The personal data the column's name means, or None where table or type say otherwise."""
    found = names.meaning(words) or _by_table(column, words, about) or _by_comment(column)
    if found is None or not _type_fits(found.kind, column) or not _table_fits(found.kind, about):
        return None
    return found


def _by_table(column: Column, words: Words, about: About) -> Meaning | None:
    """Names that only their table explains."""
    last = words[-1] if words else ""
    if column.category == "N":
        pay = about.value_kind == "salary" and last in names.AMOUNTS
        return Meaning("salary", f"{last} in a table of salaries") if pay else None
    if names.is_bare_name(words) and (about.person or (about.organisation and about.contact)):
        return Meaning("company" if about.organisation else "name", "name in a table about people")
    if len(words) == 2 and words[0] in _TO_NAMES and names.is_bare_name(words[1:]) and about.address:
        return Meaning("name", "name beside an address")
    if len(words) == 1 and last in names.VALUES and about.value_kind is not None and text_like(column):
        return Meaning(about.value_kind, f"{last} in a table of such values")
    return _by_secret_table(words, about) or _by_history(column, words, about) or _doer(column, words)


def _by_secret_table(words: Words, about: About) -> Meaning | None:
    last = words[-1] if words else ""
    if about.secret and last == "code" and not names.PUBLIC_CODES & set(words):
        return Meaning("secret", "code in a table of sign-in secrets")
    if words == ("identifier",) and (about.secret or about.person):
        return Meaning("recipient", "identifier of a person who signs in")
    return None


def _by_history(column: Column, words: Words, about: About) -> Meaning | None:
    holds_rows = column.category in "SUA" and column.base_type != "uuid"
    if about.audit and holds_rows and words and words[-1] in names.ROW_IMAGES:
        return Meaning("row_image", "copies of rows in a table of changes")
    return None


def _doer(column: Column, words: Words) -> Meaning | None:
    """``created_by``, ``owner`` as text: somebody's name or login."""
    if not text_like(column) or not words:
        return None
    by = len(words) > 1 and words[-1] in names.DOERS
    if by or (len(words) == 1 and words[0] in names.PEOPLE):
        return Meaning("username", "who did it")
    return None


def _by_comment(column: Column) -> Meaning | None:
    """A comment counts when it calls the data personal outright; prose names too many things."""
    words = names.words_of(column.comment or "")
    if {"pii", "gdpr", "dsgvo", "rgpd"} & set(words) and not {"no", "not", "non", "kein", "keine"} & set(words):
        return names.meaning(words) or Meaning("traits", "a comment that calls it personal")
    return None


def _type_fits(kind: str, column: Column) -> bool:
    base = column.base_type
    if column.category == "N":
        return kind in _NUMBERS
    if column.category in ("D", "T"):
        return kind == "birth" and column.category == "D"
    if column.category in ("B", "R", "V"):
        return False
    if column.category == "E":
        return kind in ("gender", "sensitive")
    if base == "uuid":
        return kind == "secret"
    if base in PLACES or column.category == "G":
        return kind in ("geo", "location", "address")
    return base != "tsvector" and (text_like(column) or kind not in _TEXT_ONLY)


def _table_fits(kind: str, about: About) -> bool:
    if kind in _NEEDS_PERSON_NEARBY:
        return about.near and not (kind in ("geo", "location") and about.organisation)
    if kind in _NEEDS_CONTACT:
        return about.person or about.contact
    if kind == "extension":
        return about.person or about.contact
    if kind == "external_id":
        return about.person or (about.secret and about.near)
    gazetteer = about.value_kind in ("city", "postal_code", "district") and not about.address
    return not (gazetteer and kind in ("postal_code", "street", "address"))
