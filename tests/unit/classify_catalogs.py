"""Catalogs made by hand: ``table("kunden", "id int pk", "nachname varchar(40) not null")``."""

from __future__ import annotations

import itertools
from dataclasses import replace

from stagecopy.model.catalog import Catalog, Column, Database, ForeignKey, Table, UniqueKey

_TYPES = {
    "int": ("integer", "int4", "N", 23),
    "bigint": ("bigint", "int8", "N", 20),
    "numeric": ("numeric", "numeric", "N", 1700),
    "bool": ("boolean", "bool", "B", 16),
    "text": ("text", "text", "S", 25),
    "varchar": ("character varying", "varchar", "S", 1043),
    "char": ("character", "bpchar", "S", 1042),
    "citext": ("citext", "citext", "S", 20001),
    "date": ("date", "date", "D", 1082),
    "timestamptz": ("timestamp with time zone", "timestamptz", "D", 1184),
    "uuid": ("uuid", "uuid", "U", 2950),
    "jsonb": ("jsonb", "jsonb", "U", 3802),
    "bytea": ("bytea", "bytea", "U", 17),
    "inet": ("inet", "inet", "I", 869),
    "tsvector": ("tsvector", "tsvector", "U", 3614),
    "point": ("point", "point", "G", 600),
    "text[]": ("text[]", "_text", "A", 1009),
    "int[]": ("integer[]", "_int4", "A", 1007),
    "mood": ("mood", "mood", "E", 20002),
    "vector": ("vector", "vector", "U", 20003),
    "money_domain": ("price", "numeric", "N", 20004),
}
_numbers = itertools.count(100_000)
_DATABASE = Database("made", "me", "UTF8", "C", "C", "c", None, 150000, None, 0, (), in_recovery=False)


def column(attnum: int, text: str) -> Column:
    """``name type[(n)] [not null] [pk] [unique] [gen]``; a name with blanks stands before a ``|``."""
    name, _, rest = text.partition("|") if "|" in text else text.partition(" ")
    kind, _, flags = rest.strip().partition(" ")
    kind, _, length = kind.partition("(")
    spelled, base, category, oid = _TYPES[kind]
    size = int(length.rstrip(")")) if length else None
    shown = f"{spelled}({size})" if size else spelled
    return Column(
        attnum, name, shown, oid, -1, base, category, size, "not null" in flags or "pk" in flags,
        "s" if "gen" in flags else "", "", has_default=False, comment=None,
    )  # fmt: skip


def table(name: str, *columns: str, schema: str = "public", parent: Table | None = None, kind: str = "r") -> Table:
    """A table; ``pk`` columns make its primary key, each ``unique`` one has an index of its own."""
    made = tuple(column(number, text) for number, text in enumerate(columns, 1))
    flags = [text.split() for text in columns]
    primary = tuple(number for number, words in enumerate(flags, 1) if "pk" in words)
    keys = [UniqueKey(f"{name}_pkey", primary, True, False, True, False)] if primary else []
    keys += [
        UniqueKey(f"{name}_{number}", (number,), False, False, True, False)
        for number, words in enumerate(flags, 1)
        if "unique" in words
    ]
    return Table(
        next(_numbers), schema, name, kind, "p", "me", parent.oid if parent else None, made, tuple(keys), (), 0, 0, None
    )


def referencing(child: Table, here: str, parent: Table, there: str) -> Table:
    """*child* with a foreign key."""
    one, other = child.column(here), parent.column(there)
    assert one is not None
    assert other is not None
    key = ForeignKey(f"{child.name}_{here}_fkey", (one.attnum,), parent.oid, (other.attnum,))
    return replace(child, foreign_keys=(*child.foreign_keys, key))


def catalog(*tables: Table) -> Catalog:
    """A catalog of *tables*."""
    return Catalog(_DATABASE, tables, (), ())
