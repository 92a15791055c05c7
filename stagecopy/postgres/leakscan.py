"""Everything a database holds in words, to be searched: cells of tables and materialized views, and its catalogs.

Surprising: numbers, dates and booleans are left out, bytea comes as text with its bytes escaped (what lies beyond its
first 16 MB in pieces that overlap), and statistics are read as the server shows them, which is what a visitor of
staging could see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.largeobjects import contents
from stagecopy.postgres.sqlfile import statement

_FETCH = 2_000
_WHOLE_BYTES = 16 << 20  # of a bytea: escaped they are four times as many
_NEXT_BYTES, _OVERLAP = 8 << 20, 8 << 10


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A column that can hold text. ``form``: text or bytea."""

    attnum: int
    name: str
    form: str


@dataclass(frozen=True, slots=True)
class TextRelation:
    """A table or materialized view and its columns that can hold text.

    ``beyond``: of its one column, a bytea, what lies beyond the bytes that come as a whole.
    """

    oid: int
    schema: str
    name: str
    kind: str
    columns: tuple[TextColumn, ...]
    beyond: bool = False

    @property
    def qualified(self) -> str:
        """``schema.table``."""
        return f"{self.schema}.{self.name}"

    @property
    def script(self) -> str:
        """What psql is told, to print those columns as COPY text."""
        only = sql.SQL("ONLY " if self.kind == "r" else "")
        rows = only + sql.Identifier(self.schema, self.name)
        if self.beyond:
            selected = _pieces(self.columns[0], rows)
        else:
            selected = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(map(_cell, self.columns)), rows)
        query = sql.SQL("SET row_security = off; SET search_path = ''; COPY ({}) TO STDOUT;\n")
        return query.format(selected).as_string(None)

    @property
    def rest(self) -> list[TextRelation]:
        """What the script leaves out: of each bytea what is beyond its first bytes."""
        return [replace(self, columns=(column,), beyond=True) for column in self.columns if column.form == "bytea"]


def _cell(column: TextColumn) -> sql.Composed:
    name = sql.Identifier(column.name)
    if column.form == "bytea":
        return sql.SQL("pg_catalog.encode(pg_catalog.substring({}, 1, {}), 'escape')").format(name, _WHOLE_BYTES)
    return sql.SQL("{}::pg_catalog.text").format(name)


def _pieces(column: TextColumn, rows: sql.Composed) -> sql.Composed:
    """How long a value is, the server knows without reading it."""
    query = sql.SQL(
        "SELECT pg_catalog.encode(pg_catalog.substring(cells.{name}, piece.start, {length}), 'escape')"
        " FROM {rows} AS cells CROSS JOIN LATERAL"
        " pg_catalog.generate_series({start}, pg_catalog.octet_length(cells.{name}), {step}) AS piece (start)"
        " WHERE pg_catalog.octet_length(cells.{name}) > {whole}"
    )
    return query.format(
        name=sql.Identifier(column.name),
        rows=rows,
        start=_WHOLE_BYTES + 1 - _OVERLAP,
        whole=_WHOLE_BYTES,
        step=_NEXT_BYTES,
        length=_NEXT_BYTES + _OVERLAP,
    )


def text_relations(connection: Connection) -> list[TextRelation]:
    """The largest first."""
    relations: dict[int, TextRelation] = {}
    for oid, schema, name, kind, *column in connection.execute(statement("audit_columns")):
        before = relations.get(oid)
        columns = (*(before.columns if before else ()), TextColumn(*column))
        relations[oid] = TextRelation(oid, schema, name, kind, columns)
    return list(relations.values())


def catalog_texts(connection: Connection) -> Iterator[list[tuple[str, str]]]:
    """What the catalogs hold, as (place, text), some at a time."""
    for query in (
        statement("audit_texts"),
        statement("audit_names"),
    ):
        cursor = connection.execute(query)
        while rows := cursor.fetchmany(_FETCH):
            yield [(place, body) for place, body in rows if body]


def large_object_texts(connection: Connection) -> Iterator[list[tuple[str, str]]]:
    """What large objects hold, as (place, text), some at a time. Needs an open transaction."""
    for some in contents(connection):
        yield [(f"large object {oid}", body) for oid, body in some if body]
