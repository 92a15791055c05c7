"""Where the sequences of one side stand, and the columns they feed.

Surprising: the log says nothing of most numbers a sequence gives (32 are logged ahead), so all of them are read.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from psycopg import sql

from stagecopy.postgres.catalog import sequence_states
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

_MOST = {21: 2**15 - 1, 23: 2**31 - 1, 20: 2**63 - 1}  # by type OID: int2, int4, int8


@dataclass(frozen=True, slots=True)
class Standing:
    """A sequence: the number it gives next, and what it can count to (``limit`` is None for one that begins anew)."""

    oid: int
    name: str
    next: int
    increment: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A column that takes its numbers from a sequence."""

    relation: int
    schema: str
    table: str
    column: str
    most: int  # its type holds
    unique: bool

    @property
    def name(self) -> str:
        """schema.table.column"""
        return f"{self.schema}.{self.table}.{self.column}"


def read_sequences(connection: Connection) -> dict[int, Standing]:
    """Every sequence by OID."""
    rows = connection.execute(statement("diff_sequences")).fetchall()
    states = sequence_states(connection, [(oid, schema, name) for oid, schema, name, *_ in rows])
    found = {}
    for oid, schema, name, increment, least, most, cycle in rows:
        last, called = states[oid]
        limit = None if cycle else (most if increment > 0 else least)
        found[oid] = Standing(oid, f"{schema}.{name}", last + increment if called else last, increment, limit)
    return found


def read_feeds(connection: Connection) -> dict[int, list[Feed]]:
    """Columns of whole numbers by the OID of the sequence that feeds them."""
    feeds: dict[int, list[Feed]] = defaultdict(list)
    for schema, table, column, *_, sequence, relation, type_oid, unique in connection.execute(
        statement("feeding_sequences")
    ):
        if type_oid in _MOST:
            feeds[sequence].append(Feed(relation, schema, table, column, _MOST[type_oid], unique))
    return feeds


def furthest(connection: Connection, feed: Feed, *, rising: bool) -> int | None:
    """The greatest number in the column, or the least for a falling sequence; None in an empty one."""
    query = sql.SQL("SELECT {}({}) FROM {}").format(
        sql.Identifier("pg_catalog", "max" if rising else "min"),
        sql.Identifier(feed.column),
        sql.Identifier(feed.schema, feed.table),
    )
    row = connection.execute(query).fetchone()
    return None if row is None or row[0] is None else int(row[0])
