"""Rows of many tables, counted by few statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from stagecopy.postgres.connect import Connection

_AT_ONCE = 50


def row_counts(connection: Connection, tables: Sequence[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], int]]:
    """(schema, table) and the rows stored in it itself, some tables at a time. Raises psycopg.Error."""
    for start in range(0, len(tables), _AT_ONCE):
        some = tables[start : start + _AT_ONCE]
        counts = sql.SQL(" UNION ALL ").join(
            [
                sql.SQL("SELECT {}::int, pg_catalog.count(*) FROM ONLY {}").format(place, sql.Identifier(*name))
                for place, name in enumerate(some)
            ]
        )
        yield from ((some[place], int(rows)) for place, rows in connection.execute(counts))
