"""Everything a database holds in words, to be searched: cells of tables and materialized views, and its catalogs.

Surprising: numbers, dates and booleans are left out, bytea comes as text with its bytes escaped, and statistics are
read as the server shows them, which is what a visitor of staging could see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

_LARGE = "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_largeobject', 'select')"
_LARGE_OBJECTS = """
SELECT 'large object ' || loid, pg_catalog.encode(data, 'escape') FROM pg_catalog.pg_largeobject ORDER BY loid, pageno
"""
_FETCH = 2_000
_MOST_BYTES = 16 << 20  # of a bytea: escaped they are four times as many, and what is longer is hardly a text


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A column that can hold text. ``form``: text or bytea."""

    attnum: int
    name: str
    form: str


@dataclass(frozen=True, slots=True)
class TextRelation:
    """A table or materialized view and its columns that can hold text."""

    oid: int
    schema: str
    name: str
    kind: str
    columns: tuple[TextColumn, ...]

    @property
    def qualified(self) -> str:
        """``schema.table``."""
        return f"{self.schema}.{self.name}"

    @property
    def script(self) -> str:
        """What psql is told, to print those columns as COPY text."""
        cells = [_cell(column) for column in self.columns]
        only = sql.SQL("ONLY " if self.kind == "r" else "")
        query = sql.SQL("SET row_security = off; SET search_path = ''; COPY (SELECT {} FROM {}{}) TO STDOUT;\n")
        return query.format(sql.SQL(", ").join(cells), only, sql.Identifier(self.schema, self.name)).as_string(None)


def _cell(column: TextColumn) -> sql.Composed:
    name = sql.Identifier(column.name)
    if column.form == "bytea":
        return sql.SQL("pg_catalog.encode(pg_catalog.substring({}, 1, {}), 'escape')").format(name, _MOST_BYTES)
    return sql.SQL("{}::pg_catalog.text").format(name)


def text_relations(connection: Connection) -> list[TextRelation]:
    """The largest first."""
    relations: dict[int, TextRelation] = {}
    for oid, schema, name, kind, *column in connection.execute(statement("audit_columns")):
        before = relations.get(oid)
        columns = (*(before.columns if before else ()), TextColumn(*column))
        relations[oid] = TextRelation(oid, schema, name, kind, columns)
    return list(relations.values())


def catalog_texts(connection: Connection) -> Iterator[list[tuple[str, str]]]:
    """What the catalogs and large objects hold, as (place, text), some at a time."""
    readable = connection.execute(_LARGE).fetchone()
    for query in (
        statement("audit_texts"),
        statement("audit_names"),
        _LARGE_OBJECTS if readable and readable[0] else None,
    ):
        if query is None:
            continue
        cursor = connection.execute(query)
        while rows := cursor.fetchmany(_FETCH):
            yield [(place, body) for place, body in rows if body]
