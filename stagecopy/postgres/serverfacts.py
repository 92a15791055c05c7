"""What a server that the user named tells about itself and about the role we have there."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """One session of a server. ``provider``: a managed service's role that may make what is a superuser's elsewhere."""

    pid: int
    started: str
    place: str
    in_recovery: bool
    role: str
    superuser: bool
    create_db: bool
    create_role: bool
    bypass_rls: bool
    provider: bool


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One role as the server lists it. ``grantable``: we may make others members of it."""

    name: str
    comment: str | None
    grantable: bool
    members: frozenset[str]


def identity(connection: Connection) -> ServerIdentity:
    """Who we are there, and where that is. Sets nothing."""
    return ServerIdentity(*connection.execute(statement("server_facts")).fetchall()[0])


def system_identifier(connection: Connection) -> str | None:
    """What all physical copies of a server have in common; None where it may not be asked for."""
    try:
        row = connection.execute("SELECT system_identifier::text FROM pg_catalog.pg_control_system()").fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None
    return str(row[0]) if row else None


def roles(connection: Connection) -> dict[str, RoleRow]:
    """Every role of the server but its own."""
    rows = connection.execute(statement("server_roles"))
    return {name: RoleRow(name, text, grantable, frozenset(members)) for name, text, grantable, members in rows}


def trusted_extensions(connection: Connection) -> frozenset[str]:
    """Extensions that an ordinary role may make in a database of its own."""
    query = "SELECT name FROM pg_catalog.pg_available_extension_versions WHERE trusted OR NOT superuser"
    return frozenset(row[0] for row in connection.execute(query))


def forced_row_security(connection: Connection) -> list[str]:
    """Tables whose row security binds their owner too."""
    query = "SELECT oid::pg_catalog.regclass::text FROM pg_catalog.pg_class WHERE relforcerowsecurity ORDER BY 1"
    return [name for (name,) in connection.execute(query)]


def objects_of_superusers(connection: Connection) -> list[str]:
    """What of this database only a superuser can make, members of extensions aside; event triggers are left out."""
    return [name for (name,) in connection.execute(statement("server_superusers_objects"))]
