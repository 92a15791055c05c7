"""Tries a few masked rows on the empty table before the load, to find what a CHECK or a domain refuses.

Surprising: a sample is evidence, not proof: the load decides. A row is refused for one reason at a time, and people
want to know all of them, so what refused is dropped and the rows are tried again. All of it happens in a transaction
that is rolled back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from stagecopy.model.catalog import Table
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging, staging_errors


@dataclass(frozen=True, slots=True)
class Breach:
    """Why a row was refused: what PostgreSQL names of it."""

    sqlstate: str
    constraint: str | None
    column: str | None
    datatype: str | None
    schema: str | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a sample of *rows* rows."""

    rows: int
    breaches: tuple[tuple[Breach, int], ...]


def try_rows(address: Address, table: Table, lines: Iterable[bytes], *, through: Table | None) -> Tried:
    """COPY *lines* (COPY text, masked) into *table* or the parent that routes them, and take it all back.

    Raises StagingError ``staging-failed`` for what is no fault of the rows.
    """
    rows = list(lines)
    found: Counter[Breach] = Counter()
    with connect_staging(address, autocommit=False) as connection, staging_errors("trying masked rows"):
        statement = _copy_statement(connection, table, through or table)
        while _refused(connection, statement, rows) is not None:
            fresh = Counter(
                breach for row in rows if (breach := _refused(connection, statement, [row])) and breach not in found
            )
            found.update(fresh)
            dropped = [_drop(connection, through or table, breach) for breach in fresh]
            if not any(dropped):
                break
        connection.rollback()
    return Tried(len(rows), tuple(found.items()))


def _drop(connection: Connection, table: Table, breach: Breach) -> bool:
    """Take away what refused, so that the next reason shows; False where it cannot be."""
    name = sql.Identifier(breach.constraint or "")
    if breach.datatype and breach.constraint and breach.schema:
        statement = sql.SQL("ALTER DOMAIN {} DROP CONSTRAINT {}").format(
            sql.Identifier(breach.schema, breach.datatype), name
        )
    elif breach.constraint:
        statement = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table.schema, table.name), name)
    else:
        return False
    try:
        with connection.transaction():
            connection.execute(statement)
    except psycopg.Error:
        return False
    return True


def _copy_statement(connection: Connection, table: Table, target: Table) -> bytes:
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.copied_columns)
    return (
        sql.SQL("COPY {} ({}) FROM STDIN")
        .format(sql.Identifier(target.schema, target.name), names)
        .as_bytes(connection)
    )


def _refused(connection: Connection, statement: bytes, rows: list[bytes]) -> Breach | None:
    """None when the rows are accepted; they are taken back either way."""
    try:
        with connection.transaction(force_rollback=True), connection.cursor().copy(statement) as copy:
            for row in rows:
                copy.write(row)
    except (psycopg.errors.IntegrityError, psycopg.errors.DataError) as failure:
        facts = failure.diag
        return Breach(
            failure.sqlstate or "", facts.constraint_name, facts.column_name, facts.datatype_name, facts.schema_name
        )
    return None
