"""Where rows lie in files, and what decides how their bytes read: all that a proof of "untouched" rests on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

HEAP = 2  # the OID of the access method in which all tables are unless somebody chose another


@dataclass(frozen=True, slots=True)
class Storage:
    """The files of one relation. 0: there is none, or the server finds it by a map."""

    file: int
    persistence: str  # p u
    method: int
    toast: int
    toast_file: int


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """``virtual``: the expression a value is made of when read; ``missing``: what rows older than the column show."""

    virtual: str | None = None
    missing: str | None = None
    type_facts: frozenset[str] = field(default_factory=frozenset)

    def hold_in(self, after: ColumnFacts) -> bool:
        """Whether the bytes of a value mean afterwards what they meant before."""
        same = (self.virtual, self.missing) == (after.virtual, after.missing)
        return same and self.type_facts <= after.type_facts


@dataclass(frozen=True, slots=True)
class Layout:
    """One side's database: its OID, its relations' files, and facts of columns by (relation, attnum)."""

    database: int
    storage: dict[int, Storage]
    facts: dict[tuple[int, int], ColumnFacts]

    def document(self) -> dict[str, Any]:
        """For evidence."""
        return {
            "database": self.database,
            "storage": {str(oid): asdict(each) for oid, each in self.storage.items()},
            "facts": {f"{oid}.{attnum}": repr(each) for (oid, attnum), each in self.facts.items()},
        }

    def facts_of(self, relation: int, attnum: int) -> ColumnFacts:
        """Those of one column; most have none."""
        return self.facts.get((relation, attnum), ColumnFacts())


def database_oid(connection: Connection) -> int:
    """Of the database the connection is in."""
    row = connection.execute(
        "SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
    ).fetchone()
    return int(row[0]) if row else 0


def read_layout(connection: Connection) -> Layout:
    """The layout in the connection's snapshot."""
    facts = {
        (relation, attnum): ColumnFacts(virtual, missing, frozenset(said))
        for relation, attnum, virtual, missing, said in connection.execute(statement("diff_facts"))
    }
    storage = {oid: Storage(*rest) for oid, *rest in connection.execute(statement("diff_storage"))}
    return Layout(database_oid(connection), storage, facts)


def blocks_of(connection: Connection, relation: int) -> int:
    """How many blocks its main file has now."""
    query = sql.SQL(
        "SELECT pg_catalog.pg_relation_size({}::pg_catalog.oid::pg_catalog.regclass)"
        " / pg_catalog.current_setting('block_size')::int"
    ).format(sql.Literal(relation))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else 0
