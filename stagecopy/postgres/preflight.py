"""What a server tells about itself before anything is locked, copied or set.

Surprising: ``endpoint_facts`` runs before any SET. Behind a pooler that hands one server session to many clients, a
``SET default_transaction_read_only = on`` would stay behind in a session of the application.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from stagecopy.model.preflight import Extension, ServerState
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

_LARGE_OBJECTS = "SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata"
_VERSIONS = "SELECT extname, extversion FROM pg_catalog.pg_extension"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One session as the other side describes it."""

    pid: int
    started: str
    place: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """Who asks, and whether the server is a standby."""

    role: str
    in_recovery: bool
    feedback: bool
    delay: str


@dataclass(frozen=True, slots=True)
class TableAccess:
    """A table that pg_dump would lock. ``lost``: unlogged, so a standby has none of its rows."""

    schema: str
    name: str
    extension: str | None
    usage: bool
    readable: bool
    filtered: bool
    lost: bool

    @property
    def whole(self) -> bool:
        """Whether all of it can be read."""
        return self.usage and self.readable and not self.filtered and not self.lost


@dataclass(frozen=True, slots=True)
class LockSpace:
    """The server's lock table: what a transaction counts for, how many transactions, and what a dump would take."""

    per_transaction: int
    transactions: int
    relations: int


def endpoint_facts(connection: Connection) -> Endpoint:
    """Which session of which server answers. Sets nothing."""
    row = connection.execute(statement("preflight_endpoint")).fetchall()[0]
    return Endpoint(row[0], row[1], row[2], row[3] == "on")


def server_facts(connection: Connection) -> ServerFacts:
    """The role and the standby's settings."""
    role, recovering, feedback, delay = connection.execute(statement("preflight_server")).fetchall()[0]
    return ServerFacts(role, recovering, feedback == "on", delay)


def server_state(connection: Connection) -> ServerState:
    """Settings, collation and followers of the server, as anybody may ask for them."""
    version, collation, slots, standbys = connection.execute(statement("server_state")).fetchall()[0]
    settings: dict[str, str] = dict(connection.execute(statement("server_settings")).fetchall())
    return ServerState(version, settings, collation, tuple(slots), standbys)


def table_access(connection: Connection, tables: Collection[int], *, members: bool) -> list[TableAccess]:
    """How far each table can be read; *members*: those of extensions too."""
    values = {"tables": list(tables), "members": members}
    return [TableAccess(*row) for row in connection.execute(statement("preflight_tables"), values)]


def closed_sequences(
    connection: Connection, schemas: Sequence[str], left_out: Collection[int]
) -> list[tuple[str, str, bool]]:
    """Sequences that cannot be read: schema, name, whether the schema is open."""
    values = {"schemas": list(schemas), "left_out": list(left_out)}
    return [tuple(row) for row in connection.execute(statement("preflight_sequences"), values)]


def closed_large_objects(connection: Connection) -> tuple[int, int | None]:
    """How many large objects cannot be read, and the first one's OID."""
    count, first = connection.execute(statement("preflight_large_objects")).fetchall()[0]
    return count, first


def large_objects(connection: Connection) -> int:
    """How many there are; anybody may count them."""
    return int(connection.execute(_LARGE_OBJECTS).fetchall()[0][0])


def lock_space(connection: Connection, schemas: Sequence[str], left_out: Collection[int]) -> LockSpace:
    """The lock table against what a dump takes of it."""
    values = {"schemas": list(schemas), "left_out": list(left_out)}
    return LockSpace(*connection.execute(statement("preflight_locks"), values).fetchall()[0])


def extensions(connection: Connection) -> tuple[Extension, ...]:
    """Extensions of this database and what needs them."""
    rows = connection.execute(statement("preflight_extensions"))
    return tuple(Extension(name, tuple(users), version, tuple(filled)) for name, users, version, filled in rows)


def used_roles(connection: Connection) -> frozenset[str]:
    """Roles that a dump of this database would name."""
    return frozenset(row[0] for row in connection.execute(statement("preflight_used_roles")))


def extension_versions(connection: Connection) -> dict[str, str]:
    """The extensions of this database."""
    return {row[0]: row[1] for row in connection.execute(_VERSIONS)}


def available_extensions(connection: Connection) -> frozenset[str]:
    """What CREATE EXTENSION could make here."""
    return frozenset(row[0] for row in connection.execute("SELECT name FROM pg_catalog.pg_available_extensions"))
