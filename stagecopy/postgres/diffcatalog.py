"""What the diff must know of each side's catalog: relations with rows, their columns and keys, and schema objects.

Surprising: a schema object carries two texts. ``definition`` is for people and names other objects, so a rename
elsewhere alters it; ``fingerprint`` knows them by number and stays. Only where both differ did the object change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

# What a thing of its own is, and what is read as a part of one. Kinds of a thing are read whenever anything differs.
WHOLE_KINDS = (
    "table",
    "view",
    "matview",
    "sequence",
    "function",
    "enum",
    "domain",
    "extension",
    "language",
    "server",
    "schema",
    "collation",
    "cast",
    "event_trigger",
    "publication",
    "subscription",
    "text_search",
    "role",
    "database",
)
PART_KINDS = (
    "column",
    "default",
    "index",
    "statistics",
    "constraint",
    "populated",
    "rule",
    "trigger",
    "policy",
    "label",
    "grant",
    "owner",
    "comment",
    "login",
    "membership",
    "setting",
    "published_schema",
    "parameter_grant",
)
SINCE = {"published_schema": 150000, "parameter_grant": 150000}  # a catalog that older servers lack
# Read apart, for an ordinary role may be refused.
SUPERUSER_KINDS = ("subscription", "system_setting", "password")
LARGE_OBJECTS = (2613, 2995)  # OIDs of the catalogs of their pages, and of themselves, compared like tables


@dataclass(frozen=True, slots=True)
class ComparedColumn:
    """One live column. ``base`` is the built-in type below all domains ('enum', 'citext'; '' = another type)."""

    attnum: int
    name: str
    type: str
    type_oid: int
    typmod: int
    collation: int
    base: str
    not_null: bool
    sendable: bool  # every part of the type has a send function


@dataclass(frozen=True, slots=True)
class ComparedRelation:
    """A table, partitioned table or materialised view. ``root`` is the top of its partition tree, if it is a leaf."""

    oid: int
    schema: str
    name: str
    kind: str
    root: int | None
    populated: bool
    pages: int  # 0 = not known
    columns: tuple[ComparedColumn, ...]
    keys: tuple[tuple[int, ...], ...]  # attnums of usable unique indexes, the primary key first

    @property
    def qualified(self) -> str:
        """schema.table as in the catalog."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """One thing of the schema. ``relation``: what it is or belongs to; ``target``: the table a key points at.

    Relations go by their OID, everything else by the OID of its catalog (upper half) and its own. An empty
    ``fingerprint`` says that the definition names nothing else and decides alone.
    """

    kind: str
    oid: int
    sub: int
    relation: int | None
    place: str  # schema.relation, or schema.function(…)
    name: str | None  # within the place
    definition: str
    fingerprint: str
    target: int | None

    @property
    def qualified(self) -> str:
        """schema.table.column and the like."""
        return self.place if self.name is None else f"{self.place}.{self.name}"


def database_zone(connection: Connection) -> str:
    """The time zone sessions of this database start with."""
    row = connection.execute(statement("diff_zone")).fetchone()
    return str(row[0]) if row else "UTC"


def begin_reading(connection: Connection, zone: str) -> None:
    """Open the one read-only snapshot everything is read from."""
    connection.execute(statement("diff_session"), {"zone": zone})
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    groups: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for owner, *rest in rows:
        groups[owner].append(tuple(rest))
    return groups


def read_relations(connection: Connection) -> dict[int, ComparedRelation]:
    """Every relation of every user schema that can hold rows, by OID."""
    columns = _grouped(connection.execute(statement("diff_columns")))
    keys = _grouped(connection.execute(statement("diff_keys")))
    return {
        oid: ComparedRelation(
            oid,
            schema,
            name,
            kind,
            root,
            populated,
            pages,
            tuple(ComparedColumn(*column) for column in columns[oid]),
            tuple(tuple(attnums) for attnums, _primary in keys[oid]),
        )
        for oid, schema, name, kind, root, populated, pages in connection.execute(statement("diff_relations"))
    }
