"""Reads a few values per column of a table, for classification only: they are looked at and forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import sql

from stagecopy.masking.classify import Sampler
from stagecopy.model.catalog import Column, Table
from stagecopy.postgres.connect import Connection, production_errors

VALUES = 200
_ROWS = 1000  # read to find that many values in columns that are mostly NULL
_LETTERS = 400


def table_sampler(connection: Connection) -> Sampler:
    """A sampler over *connection*. It raises ProductionError where a table cannot be read."""

    def sample(table: Table, columns: tuple[Column, ...]) -> Mapping[str, Sequence[str]]:
        if not columns:
            return {}
        with production_errors(f"looking at values of {table.qualified}"):
            rows = connection.execute(_query(table, columns)).fetchall()
        return {
            column.name: [str(row[position]) for row in rows if row[position] is not None][:VALUES]
            for position, column in enumerate(columns)
        }

    return sample


def _query(table: Table, columns: tuple[Column, ...]) -> sql.Composed:
    """The first rows as the table stores them; bytea is not read, its values tell nothing."""
    texts = [
        sql.SQL("NULL")
        if column.base_type == "bytea"
        else sql.SQL("pg_catalog.left({}::pg_catalog.text, {})").format(sql.Identifier(column.name), _LETTERS)
        for column in columns
    ]
    return sql.SQL("SELECT {} FROM {} LIMIT {}").format(
        sql.SQL(", ").join(texts), sql.Identifier(table.schema, table.name), _ROWS
    )
