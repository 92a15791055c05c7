"""The way to a server that the user named: who answers there, and whether it may hold staging at all.

Surprising: nothing is written there before all of this is known. A physical copy of production has production's system
identifier whether it follows or was promoted, and on a standby no advisory lock can be seen: so the identifier is
compared first, and the handshake's lock is only looked for behind that.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from stagecopy.errors import StagingError, UsageError
from stagecopy.home import NamedServer
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, staging_errors
from stagecopy.postgres.dsn import Dsn
from stagecopy.postgres.preflight import available_extensions
from stagecopy.postgres.serverfacts import ServerIdentity, identity, system_identifier, trusted_extensions
from stagecopy.redact import scrub

OLDEST = 13
_OWN = ("host", "port", "user", "password", "dbname")
_OF_OUR_SESSION = ("connect_timeout", "sslcertmode")  # known of the first connection, though the URL is silent
_POOLED = "-pooler."
# Where the URL is silent, PG* variables are not asked: they are about production.
_SILENT = {"port": "5432", "dbname": "postgres", "sslmode": "prefer", "options": "", "password": ""}
_DIRECT = "name the server itself in staging.url, not a pooler in front of it (PostgreSQL listens on 5432 by default)"


@dataclass(frozen=True, slots=True)
class Access:
    """An open way: ``address`` is the database that commands about databases are given in."""

    address: Address
    facts: ServerIdentity
    version: int
    system: str | None

    @property
    def major(self) -> int:
        """PostgreSQL's major version there."""
        return self.version // 10000

    @property
    def bypasses(self) -> bool:
        """Whether roles can be made there that row security does not bind."""
        return self.facts.superuser or (self.facts.bypass_rls and self.major >= 16)

    @property
    def shown(self) -> str:
        """For messages."""
        return f"{self.address.user}@{self.address.host}:{self.address.port}"

    @property
    def identity(self) -> str:
        """What tells this server from another one, without a secret."""
        return self.system or f"{self.address.host}:{self.address.port}"


def open_access(server: NamedServer) -> Access:
    """Look who answers. Raises UsageError ``bad-dsn``.

    Raises StagingError ``staging-unreachable``, ``staging-pooler``, ``server-standby``, ``server-older``.
    """
    dsn = Dsn.parse(server.url, what="staging")
    for name in ("host", "user"):
        if not dsn.get(name) and not (name == "host" and dsn.get("hostaddr")):
            hint = "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
            raise UsageError("bad-dsn", f"the staging URL names no {name}", hint=hint)
    with _connected(dsn) as first, staging_errors("looking at the staging server"):
        here = identity(first)
        pinned = dict(Dsn.pinned(first.info).parameters)
        more = {
            name: value
            for name, value in pinned.items()
            if name not in _OWN and (name not in _OF_OUR_SESSION or dsn.get(name) is not None)
        }
        address = Address(
            first.info.host, first.info.port, first.info.user, first.info.password, first.info.dbname,
            tuple(sorted({"sslmode": "prefer", **more}.items())),
        )  # fmt: skip
        pooled = here.pid != first.info.backend_pid or _POOLED in first.info.host
        version, system = first.info.server_version, system_identifier(first)
    found = Access(address, here, version, system)
    _refuse_pooler(found, dsn, pooled=pooled)
    _refuse_unfit(found)
    return found


def faults(access: Access, *, production_system: str | None, tools_major: int) -> list[StagingError]:
    """What speaks against building production's copy there; of production's own server or its copies nothing else."""
    if production_system is not None and production_system == access.system:
        return [_is_production(access)]
    found = []
    missing = [
        word
        for word, has in (("CREATEDB", access.facts.create_db), ("CREATEROLE", access.facts.create_role))
        if not has and not access.facts.superuser
    ]
    if missing:
        words = " ".join(missing)
        message = f"the role {access.facts.role} of staging.url lacks {words}"
        found.append(StagingError("server-rights", message, hint=f'ALTER ROLE "{access.facts.role}" {words};'))
    if access.major < tools_major:
        found.append(_too_old(access, tools_major))
    return found


def makeable_extensions(connection: Connection, access: Access) -> frozenset[str]:
    """What CREATE EXTENSION could make for us there."""
    if access.facts.superuser or access.facts.provider:
        return available_extensions(connection)
    return trusted_extensions(connection)


def _is_production(access: Access) -> StagingError:
    return StagingError(
        "target-is-production",
        f"{access.shown} has production's system identifier: it is production's own server or a physical copy of it;"
        " nothing was written",
        hint="name a server in staging.url that was made by its own initdb",
    )


def _too_old(access: Access, wanted: int) -> StagingError:
    message = f"{access.shown} runs PostgreSQL {access.major}, the copy needs {wanted} or newer"
    return StagingError("server-older", message, hint=f"name a server of PostgreSQL {wanted} or newer in staging.url")


def _refuse_unfit(access: Access) -> None:
    if access.facts.in_recovery:
        message = f"{access.shown} is a standby, which nothing can be written to"
        raise StagingError("server-standby", message, hint="name a primary of its own in staging.url")
    if access.major < OLDEST:
        raise _too_old(access, OLDEST)


def _refuse_pooler(access: Access, dsn: Dsn, *, pooled: bool) -> None:
    """A second session must be a session of the same server, and each must keep what is set in it."""
    if pooled:
        message = f"{access.shown} is a connection pooler: databases cannot be made, renamed and dropped through it"
        raise StagingError("staging-pooler", message, hint=_DIRECT)
    with _connected(dsn) as other, staging_errors("looking at the staging server"):
        there = identity(other)
        if there.pid != other.info.backend_pid or _forgets(other):
            message = f"{access.shown} shares its sessions between clients, as a connection pooler does"
            raise StagingError("staging-pooler", message, hint=_DIRECT)
    if (there.started, there.place) != (access.facts.started, access.facts.place):
        message = f"two connections to {access.shown} reached two servers"
        raise StagingError("staging-pooler", message, hint=_DIRECT)


def _forgets(connection: Connection) -> bool:
    """Whether two statements saw two sessions: another process, or a setting (of no meaning) that is gone."""
    connection.execute("SELECT pg_catalog.set_config('stagecopy.kept', 'yes', false)")
    row = connection.execute(
        "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('stagecopy.kept', true)"
    ).fetchone()
    return row is None or row[0] != connection.info.backend_pid or row[1] != "yes"


def _connected(dsn: Dsn) -> Connection:
    """A connection on which nothing is set: behind a pooler it would stay so for somebody else."""
    silent = {name: value for name, value in _SILENT.items() if dsn.get(name) is None}
    try:
        connection: Connection = psycopg.connect(
            dsn.with_(**silent).conninfo,
            application_name="stagecopy",
            connect_timeout=int(dsn.get("connect_timeout") or 15),
            autocommit=True,
            client_encoding="UTF8",
        )
    except psycopg.OperationalError as failure:
        lines = [line.strip() for line in str(failure).splitlines() if line.strip()]
        raise StagingError(
            "staging-unreachable",
            f"cannot connect to the staging server {dsn.shown}: {scrub(lines[-1] if lines else 'no answer')}",
            hint="check staging.url and that the server accepts connections from here",
        ) from None
    return connection
