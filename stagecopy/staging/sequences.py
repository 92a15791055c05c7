"""Sequences above masked numbers: a mask of a key may put a number that its sequence has yet to give.

Surprising: a sequence is only ever moved on, so that staging goes on where production did unless a mask went further.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

Place = tuple[str, str, str]  # schema, table, column


@dataclass(frozen=True, slots=True)
class _Feed:
    """A sequence and a column that takes its numbers from it."""

    column: Place
    schema: str
    name: str
    rising: bool
    least: int
    most: int


def clear_of_masks(connection: Connection, masked: Collection[Place]) -> None:
    """Move the sequences of *masked* columns of numbers beyond all that stands in them."""
    for row in connection.execute(statement("feeding_sequences")):
        feed = _Feed((str(row[0]), str(row[1]), str(row[2])), *row[3:8])
        if feed.column in masked:
            _move(connection, feed)


def _move(connection: Connection, feed: _Feed) -> None:
    schema, table, column = feed.column
    sequence = sql.Identifier(feed.schema, feed.name)
    furthest = "max" if feed.rising else "min"
    query = sql.SQL("SELECT f.found, s.last_value FROM {} s, (SELECT {}({})::bigint AS found FROM {}) f").format(
        sequence, sql.Identifier("pg_catalog", furthest), sql.Identifier(column), sql.Identifier(schema, table)
    )
    row = connection.execute(query).fetchone()
    if row is None or row[0] is None:
        return
    found, last = max(feed.least, min(feed.most, row[0])), row[1]
    if found >= last if feed.rising else found <= last:
        connection.execute("SELECT pg_catalog.setval(%s::regclass, %s, true)", (sequence.as_string(None), found))
