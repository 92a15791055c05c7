"""Databases of one server as things that are made from each other, closed, renamed and dropped.

Surprising: CREATE DATABASE copies neither the rights on its template nor the settings attached to it, so both are
carried over here. A prepared transaction can be rolled back only from inside its database, by who prepared it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import psycopg
from psycopg import sql

from stagecopy.errors import StagingError
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging
from stagecopy.postgres.sqlfile import statement

_PATIENCE = 15.0  # seconds for sessions to go that were told to
_MAKING_CLASS = 0x5C0A  # first key of the advisory lock held while a database is made and has no mark yet
_LARGE = 256 << 20  # from here on copying files costs the server less than writing them all to its WAL
Right = Literal["CONNECT", "TEMPORARY", "CREATE"]
_WORDS: dict[Right, sql.SQL] = {
    "CONNECT": sql.SQL("CONNECT"),
    "TEMPORARY": sql.SQL("TEMPORARY"),
    "CREATE": sql.SQL("CREATE"),
}
_SIZE = """
SELECT coalesce(sum(pg_catalog.pg_database_size(datname)), 0) FROM pg_catalog.pg_database WHERE datname = ANY (%s)
"""
_SESSIONS = (
    "SELECT pid FROM pg_catalog.pg_stat_activity"
    " WHERE datname = %s AND usesysid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()"
)
_RIGHTS = """
SELECT coalesce(r.rolname, ''), pg_catalog.array_agg(a.privilege_type ORDER BY 1)
  FROM pg_catalog.pg_database d CROSS JOIN LATERAL pg_catalog.aclexplode(d.datacl) a
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
 WHERE d.datname = %s AND a.grantee <> d.datdba AND a.grantee <> 0
 GROUP BY 1
"""
_SETTINGS = """
SELECT r.rolname, pg_catalog.unnest(s.setconfig)
  FROM pg_catalog.pg_db_role_setting s
  JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase AND d.datname = %s
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
"""


@dataclass(frozen=True, slots=True)
class DatabaseRow:
    """One database as the server lists it. ``open``: connections are allowed."""

    name: str
    comment: str | None
    open: bool
    owner: str


def databases(connection: Connection) -> list[DatabaseRow]:
    """Every database of the server."""
    return [DatabaseRow(*row) for row in connection.execute(statement("server_databases"))]


def create(connection: Connection, name: str, owner: str, *, clauses: sql.Composable) -> None:
    """An empty database that nobody can connect to yet. Raises psycopg.Error."""
    words = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ALLOW_CONNECTIONS false {}")
    connection.execute(words.format(sql.Identifier(name), sql.Identifier(owner), clauses))
    shut_out(connection, name)


def create_from(connection: Connection, name: str, template: str, *, owner: str) -> bool:
    """A copy of *template* that nobody can connect to yet. Returns whether it shares *template*'s blocks."""
    version = connection.info.server_version
    plain = _copying(name, template, owner, by_files=False)
    by_files = _copying(name, template, owner, by_files=True)
    thin = version >= 180000 and _made_thin(connection, by_files)
    if not thin:
        large = version >= 150000 and size(connection, [template]) >= _LARGE
        connection.execute(by_files if large else plain)
    shut_out(connection, name)
    _copy_rights(connection, template, name)
    _copy_settings(connection, template, name)
    return thin


def _copying(name: str, template: str, owner: str, *, by_files: bool) -> sql.Composed:
    words = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} ALLOW_CONNECTIONS false{}")
    strategy = sql.SQL(" STRATEGY FILE_COPY" if by_files else "")
    return words.format(sql.Identifier(name), sql.Identifier(owner), sql.Identifier(template), strategy)


def _made_thin(connection: Connection, words: sql.Composed) -> bool:
    """Try to share blocks; the server knows only by doing it whether its file system can."""
    try:
        connection.execute("SELECT pg_catalog.set_config('file_copy_method', 'clone', false)")
        connection.execute(words)
    except psycopg.errors.InsufficientPrivilege:
        raise
    except (psycopg.errors.InvalidParameterValue, psycopg.errors.FeatureNotSupported, psycopg.errors.SystemError):
        return False
    finally:
        connection.execute("SELECT pg_catalog.set_config('file_copy_method', 'copy', false)")
    return True


def shut_out(connection: Connection, name: str) -> None:
    """Nobody may connect but those who are let in."""
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


def let_in(connection: Connection, name: str, role: str, *rights: Right) -> None:
    """Give *role* those rights on the database."""
    allowed = sql.SQL(", ").join(_WORDS[right] for right in rights)
    grant = sql.SQL("GRANT {} ON DATABASE {} TO {}")
    connection.execute(grant.format(allowed, sql.Identifier(name), sql.Identifier(role)))


def _copy_rights(connection: Connection, source: str, target: str) -> None:
    for role, words in connection.execute(_RIGHTS, (source,)).fetchall():
        let_in(connection, target, role, *words)


def _copy_settings(connection: Connection, source: str, target: str) -> None:
    for role, text in connection.execute(_SETTINGS, (source,)).fetchall():
        attach(connection, target, role, text)


def attach(connection: Connection, database: str, role: str | None, text: str) -> None:
    """Attach the setting *text* (name=value) to a database, or to a role in it; its value is never parsed as SQL.

    The connection's own setting of that name is spoilt by it, so it is put back.
    """
    name, _, value = text.partition("=")
    before = connection.execute("SELECT pg_catalog.current_setting(%s, true)", (name,)).fetchone()
    target = sql.SQL("DATABASE {}").format(sql.Identifier(database))
    if role is not None:
        target = sql.SQL("ROLE {} IN ").format(sql.Identifier(role)) + target
    try:
        connection.execute("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))
        connection.execute(sql.SQL("ALTER {} SET {} FROM CURRENT").format(target, sql.Identifier(name)))
    finally:
        connection.execute("SELECT pg_catalog.set_config(%s, %s, false)", (name, before[0] if before else None))


def comment(connection: Connection, name: str, text: str) -> None:
    """Write our mark on a database."""
    connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(text)))


def set_open(connection: Connection, name: str, *, allowed: bool) -> None:
    """Allow or refuse connections, whoever asks."""
    word = sql.SQL("true" if allowed else "false")
    connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(sql.Identifier(name), word))


def rename(connection: Connection, name: str, to: str) -> None:
    """Give a database without sessions another name."""
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to)))


def end_sessions(connection: Connection, name: str) -> None:
    """End the sessions of this very database. Raises StagingError ``session-stays``."""
    end = time.monotonic() + _PATIENCE
    while left := [pid for (pid,) in connection.execute(_SESSIONS, (name,)).fetchall()]:
        for pid in left:
            try:
                connection.execute("SELECT pg_catalog.pg_terminate_backend(%s)", (pid,))
            except psycopg.errors.InsufficientPrivilege:
                raise StagingError(
                    "session-stays",
                    f"process {pid} works in the database {name} as a role whose sessions we may not end",
                    hint=f"end it as a superuser of that server: SELECT pg_terminate_backend({pid})",
                ) from None
        if time.monotonic() > end:
            raise StagingError("session-stays", f"{len(left)} sessions in the database {name} do not end")
        time.sleep(0.02)


def drop(admin: Address, connection: Connection, name: str) -> None:
    """End what works in the database and remove it."""
    _end_prepared(admin, connection, name)
    set_open(connection, name, allowed=False)
    end_sessions(connection, name)
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _end_prepared(admin: Address, connection: Connection, name: str) -> None:
    query = "SELECT gid, owner FROM pg_catalog.pg_prepared_xacts WHERE database = %s"
    waiting = connection.execute(query, (name,)).fetchall()
    if not waiting:
        return
    set_open(connection, name, allowed=True)
    with connect_staging(admin.to(database=name)) as inside:
        for gid, owner in waiting:
            inside.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(owner)))
            inside.execute(sql.SQL("ROLLBACK PREPARED {}").format(sql.Literal(gid)))


def size(connection: Connection, names: Sequence[str]) -> int:
    """Bytes of those databases together."""
    row = connection.execute(_SIZE, (list(names),)).fetchone()
    return int(row[0]) if row else 0


def hold_name(connection: Connection, name: str) -> None:
    """While this session lives, a database of that name without a mark is being made, not left behind."""
    connection.execute("SELECT pg_catalog.pg_advisory_lock(%s, %s)", (_MAKING_CLASS, _key(name)))


def is_held(connection: Connection, name: str) -> bool:
    """Whether somebody holds that name."""
    row = connection.execute(
        "SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s",
        (_MAKING_CLASS, _key(name)),
    ).fetchone()
    return bool(row and row[0])


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:3])
