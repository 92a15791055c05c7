"""What a table is about: people, something that belongs to a person, or neither."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stagecopy.masking import names_match as names
from stagecopy.masking.names_split import Words
from stagecopy.model.catalog import Catalog, Column, Table

_PERSON_KINDS = frozenset({"first_name", "last_name", "name", "birth"})
_NEAR_KINDS = frozenset(
    {"email", "username", "phone", "address", "street", "postal_code", "national_id", "bank", "secret", "ip", "session"}
    | {"user_agent", "recipient", "salary"}
)
_PLACES = frozenset({"city", "postal_code", "district"})
_ADDRESS_KINDS = frozenset({"address", "street", "postal_code"})


@dataclass(frozen=True, slots=True)
class About:
    """The context in which a table's columns are read."""

    words: Words
    person: bool  # a row is a human being
    near: bool  # a row belongs to one, or names one
    organisation: bool
    address: bool  # a row has parts of a postal address
    secret: bool  # sessions, tokens, credentials
    message: bool
    audit: bool
    contact: bool  # names a human being or an e-mail address
    value_kind: str | None  # what a bare ``value`` column holds


def text_like(column: Column) -> bool:
    """Whether masks that write text fit the column's type."""
    return column.base_type in {"text", "varchar", "bpchar", "citext"}


def describe_tables(catalog: Catalog) -> dict[int, About]:
    """What each table is about, by OID. Foreign keys to people make a table belong to them; one step, not further."""
    first = {table.oid: _alone(table) for table in catalog.tables}
    people = {oid for oid, about in first.items() if _leads_to_person(about)}
    result = {}
    for table in catalog.tables:
        about = first[table.oid]
        points = any(key.target_oid in people for key in table.foreign_keys)
        result[table.oid] = replace(about, near=about.near or points)
    return result


def _leads_to_person(about: About) -> bool:
    return (about.person or about.value_kind == "address") and not about.organisation


def _kinds(table: Table) -> set[str]:
    """Kinds named by columns that can hold them: a number called token counts tokens."""
    found = set()
    for column in table.copied_columns:
        named = names.meaning(names.words_of(column.name))
        fits = column.category not in "BNE" and not (column.category == "D" and named and named.kind != "birth")
        if named is not None and (fits or named.kind == "salary"):
            found.add(named.kind)
    return found


def _alone(table: Table) -> About:
    words = names.words_of(table.name)
    head = words[-1] if words else ""
    meant = names.meaning(words)
    kinds = _kinds(table)
    if meant is not None and meant.kind in _PLACES and not kinds & _PERSON_KINDS:
        kinds -= _ADDRESS_KINDS  # a list of cities or postal codes is nobody's address
    refers = any(names.points_at_person(names.words_of(column.name)) for column in table.columns)
    organisation = head in names.ORGANISATIONS
    person = not organisation and (head in names.PEOPLE or (bool(kinds & _PERSON_KINDS) and _whose(kinds, words)))
    lookup = head in names.LOOKUPS
    secret = not lookup and any(word in names.SIGN_IN_TABLES for word in words)
    near = person or bool(kinds & _NEAR_KINDS) or refers or secret or bool(kinds & _PERSON_KINDS)
    return About(
        words=words,
        person=person,
        near=near,
        organisation=organisation,
        address=bool(kinds & _ADDRESS_KINDS),
        secret=secret,
        message=head in names.MESSAGE_TABLES or "recipient" in kinds,
        audit=bool(names.AUDIT_TABLES & set(words)) or (near and bool(names.EVENT_TABLES & set(words))),
        contact=bool(kinds & (_PERSON_KINDS | {"email"})),
        value_kind=meant.kind if meant is not None else None,
    )


def _whose(kinds: set[str], words: Words) -> bool:
    """An order with a contact name belongs to a person; a row with first name, last name or birth date is one."""
    return bool(kinds & {"first_name", "last_name", "birth"}) or any(word in names.PEOPLE for word in words)
