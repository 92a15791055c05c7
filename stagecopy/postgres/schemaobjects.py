"""Reads the schema's objects of one side, and first their digests: what is equal on both sides is never fetched.

Surprising: a database may hold a million columns, and a migration touches one. Sums of hashes, made by the server and
seeded by chance, say where objects differ at all: in which share of all things, a thing together with its parts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import psycopg
from psycopg import sql

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.diffcatalog import PART_KINDS, SINCE, SUPERUSER_KINDS, WHOLE_KINDS, SchemaObject
from stagecopy.postgres.sqlfile import statement

Digests = dict[tuple[str, int], tuple[int, str]]

_SHARES = 1024
_COLUMNS = sql.SQL("q(oid, sub, relation, place, name, definition, fingerprint, target)")
_SHARE = sql.SQL("pg_catalog.mod(coalesce(q.relation, q.oid), {})").format(sql.Literal(_SHARES))


def object_digests(connection: Connection, seed: int) -> Digests:
    """By kind and share: how many objects there are, and the sum of their hashes."""
    query = sql.SQL(" UNION ALL ").join(_digest(kind, seed) for kind in _kinds(connection))
    return {(kind, share): (count, total) for kind, share, count, total in connection.execute(query)}


def _kinds(connection: Connection) -> list[str]:
    version = connection.info.server_version
    known = [kind for kind in (*WHOLE_KINDS, *PART_KINDS) if version >= SINCE.get(kind, 0)]
    return [kind for kind in known if kind not in SUPERUSER_KINDS]


def _digest(kind: str, seed: int) -> sql.Composed:
    return sql.SQL(
        "SELECT {}, {}, pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(q::text, {}))::text FROM (\n"
        "{} GROUP BY 2"
    ).format(sql.Literal(kind), _SHARE, sql.Literal(seed), _source(kind))


def _source(kind: str) -> sql.Composed:
    return sql.SQL("{}\n) {}").format(sql.SQL(statement(f"diff_{kind}")), _COLUMNS)


def read_objects(connection: Connection, shares: Collection[int]) -> tuple[SchemaObject, ...]:
    """The objects in *shares*, and what only a superuser may see (nothing, to others)."""
    chosen = sql.SQL(" WHERE {} = ANY ({}::bigint[])").format(_SHARE, sql.Literal(sorted(shares)))
    found = [each for kind in _kinds(connection) if shares for each in _of(connection, kind, chosen)]
    return (*found, *(each for kind in SUPERUSER_KINDS for each in _privileged(connection, kind)))


def _of(connection: Connection, kind: str, chosen: sql.Composable) -> Iterator[SchemaObject]:
    query = sql.SQL("SELECT * FROM (\n{}{}").format(_source(kind), chosen)
    return (SchemaObject(kind, *row) for row in connection.execute(query))


def _privileged(connection: Connection, kind: str) -> list[SchemaObject]:
    """The savepoint keeps the transaction alive where the role may not ask."""
    try:
        with connection.transaction():
            return list(_of(connection, kind, sql.SQL("")))
    except psycopg.errors.InsufficientPrivilege:
        return []
