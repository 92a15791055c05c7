"""Reads a database's catalog into model.catalog: a handful of queries, however many tables there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from stagecopy.model.catalog import Catalog, Check, Column, Database, Exclusion, ForeignKey, Role, Table, UniqueKey
from stagecopy.model.catalog import Sequence as DbSequence
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.parts import Types, read_types
from stagecopy.postgres.sqlfile import statement

_SEQUENCES_PER_QUERY = 200  # one UNION ALL of this many keeps the plan small and the round trips few


def read_catalog(connection: Connection, *, schemas: Sequence[str] = (), exclude: Sequence[str] = ()) -> Catalog:
    """The catalog as the connection's snapshot shows it. *exclude* holds ``schema.table`` names.

    Raises psycopg.Error; the caller's error context knows which side it is.
    """
    scope = {"schemas": list(schemas), "exclude": list(exclude)}
    tables = _tables(connection, scope)
    return Catalog(_database(connection), tables, _sequences(connection, scope), _roles(connection))


def _tables(connection: Connection, scope: Mapping[str, Any]) -> tuple[Table, ...]:
    rows = connection.execute(statement("tables"), scope).fetchall()
    within = {"tables": [row[0] for row in rows]}
    columns = _grouped(connection, "columns", within)
    keys = _grouped(connection, "unique_keys", within)
    references = _grouped(connection, "foreign_keys", within)
    conditions = _grouped(connection, "conditions", within)
    types = read_types(connection, within)
    return tuple(
        Table(
            oid=row[0],
            schema=row[1],
            name=row[2],
            kind=row[3],
            persistence=row[4],
            owner=row[5],
            parent_oid=row[6],
            columns=tuple(_column(each, types) for each in columns[row[0]]),
            unique_keys=tuple(_unique_key(each) for each in keys[row[0]]),
            foreign_keys=tuple(
                ForeignKey(each[0], tuple(each[1]), each[2], tuple(each[3]), *each[4:]) for each in references[row[0]]
            ),
            estimated_rows=row[7],
            bytes=row[8] or 0,
            comment=row[9],
            partition_key=tuple(row[10]),
            partition_by_expression=row[11],
            exclusions=tuple(
                Exclusion(name, tuple(attnums), tuple(operators), computed)
                for kind, name, attnums, operators, computed in conditions[row[0]]
                if kind == "x"
            ),
            checks=tuple(Check(each[1], tuple(each[2])) for each in conditions[row[0]] if each[0] == "c"),
            computed={int(each[1]): tuple(each[2]) for each in conditions[row[0]] if each[0] == "g"},
        )
        for row in rows
    )


def _grouped(connection: Connection, name: str, within: Mapping[str, Any]) -> dict[int, list[tuple[Any, ...]]]:
    groups: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for oid, *rest in connection.execute(statement(name), within):
        groups[oid].append(tuple(rest))
    return groups


def _column(row: tuple[Any, ...], types: Types) -> Column:
    return types.with_parts(Column(*row))


def _unique_key(row: tuple[Any, ...]) -> UniqueKey:
    name, attnums, primary, partial, immediate, nulls_not_distinct, reads = row
    return UniqueKey(
        name, tuple(attnums), primary, partial, immediate, nulls_not_distinct=nulls_not_distinct, reads=tuple(reads)
    )


def _database(connection: Connection) -> Database:
    row = connection.execute(statement("database")).fetchone()
    assert row is not None, "current_database() is always in pg_database"  # noqa: S101 - a fact of the server
    name, owner, encoding, collate, ctype, provider, locale, version, in_recovery, lock_slots = row
    settings = tuple((role, text) for role, text in connection.execute(statement("settings")))
    return Database(
        name=name,
        owner=owner,
        encoding=encoding,
        collate=collate,
        ctype=ctype,
        provider=provider,
        locale=locale,
        version=version,
        system_identifier=_system_identifier(connection),
        bytes=_optional(connection, "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())") or 0,
        settings=settings,
        in_recovery=in_recovery,
        lock_slots=lock_slots,
    )


def _system_identifier(connection: Connection) -> str | None:
    """None where the role may not ask (managed services)."""
    value = _optional(connection, "SELECT system_identifier::text FROM pg_catalog.pg_control_system()")
    return None if value is None else str(value)


def _optional(connection: Connection, query: str) -> Any:
    """A value that a role may be forbidden to read: the savepoint keeps the caller's transaction alive."""
    try:
        with connection.transaction():
            row = connection.execute(query.encode()).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None
    return row[0] if row else None


def _sequences(connection: Connection, scope: Mapping[str, Any]) -> tuple[DbSequence, ...]:
    found = connection.execute(statement("sequences"), scope).fetchall()
    readable = [row for row in found if row[3]]
    state = sequence_states(connection, [(row[0], row[1], row[2]) for row in readable])
    return tuple(DbSequence(oid, schema, name, *(state.get(oid) or (None, False))) for oid, schema, name, _ in found)


def sequence_states(connection: Connection, sequences: Sequence[tuple[int, str, str]]) -> dict[int, tuple[int, bool]]:
    """By OID the last value, and whether it was given already. *sequences* are OID, schema and name."""
    state: dict[int, tuple[int, bool]] = {}
    for start in range(0, len(sequences), _SEQUENCES_PER_QUERY):
        query = _states_query(sequences[start : start + _SEQUENCES_PER_QUERY])
        state.update({oid: (last, called) for oid, last, called in connection.execute(query)})
    return state


def _states_query(rows: Iterable[tuple[int, str, str]]) -> sql.Composed:
    parts = [
        sql.SQL("SELECT {}::bigint, last_value, is_called FROM {}").format(
            sql.Literal(oid), sql.Identifier(schema, name)
        )
        for oid, schema, name in rows
    ]
    return sql.SQL(" UNION ALL ").join(parts)


def _roles(connection: Connection) -> tuple[Role, ...]:
    rows = connection.execute(statement("roles"))
    return tuple(replace(Role(*row), member_of=tuple(row[8])) for row in rows)
