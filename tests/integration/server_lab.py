"""The engine on a server that somebody else runs, and a look at that server as its superuser."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from psycopg import sql

from stagecopy.home import NamedServer
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.engine import Engine
from stagecopy.staging.server_engine import ServerEngine
from tests.integration.engine_fixtures import Lab
from tests.integration.scratch_server import BINARIES, running_server

PLACE = "abc123"
_RIGHTS = {"mighty": sql.SQL("SUPERUSER"), "limited": sql.SQL("CREATEDB CREATEROLE"), "poor": sql.SQL("")}
THINGS = """
SELECT 'database ' || datname FROM pg_catalog.pg_database WHERE NOT datistemplate AND datname <> 'postgres'
UNION ALL SELECT 'role ' || rolname FROM pg_catalog.pg_roles
 WHERE rolname !~ '^pg_' AND rolname NOT IN ('postgres', 'limited', 'mighty')
 ORDER BY 1
"""


def named(server: Address, role: str, *, databases: int | None = None, size: int | None = None) -> NamedServer:
    """The server by the URL of one of its roles, made if need be: ``mighty`` is a superuser, ``limited`` none."""
    password = hashlib.sha256(f"{server.password} {role}".encode()).hexdigest()[:20]
    with connect_staging(server) as connection:
        if not connection.execute("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s", (role,)).fetchone():
            make = sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}")
            connection.execute(make.format(sql.Identifier(role), _RIGHTS[role], sql.Literal(password)))
    return NamedServer(server.to(user=role, password=password).url, databases, size)


def things(server: Address) -> list[str]:
    """Everything on the server that was not there when it was made."""
    with connect_staging(server) as connection:
        return [text for (text,) in connection.execute(THINGS)]


@dataclass
class ServerLab(Lab):
    """Databases of one server."""

    server: Address
    named: NamedServer

    def again(self, project: str | None = None) -> Engine:
        return ServerEngine(project or self.project, place=PLACE, server=self.named, major=self.engine.major)

    def foreign(self, name: str) -> tuple[Engine, str]:
        return self.again(f"{self.project}-other"), name

    def leftovers(self) -> list[str]:
        return things(self.server)

    def unmarked(self, name: str) -> None:
        with connect_staging(self.server) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(self._database(name)))

    def remove_unmarked(self, name: str) -> None:
        with connect_staging(self.server) as connection:
            connection.execute(sql.SQL("DROP DATABASE {}").format(self._database(name)))

    def log(self, name: str) -> NoReturn:
        pytest.fail(f"the log of a server that is not ours ({name}) is not ours")

    def kill(self, name: str) -> NoReturn:
        pytest.fail(f"a server that is not ours is not killed for {name}")

    def visible(self, name: str) -> NoReturn:
        pytest.fail(f"there is no process of ours for {name}")

    def _database(self, name: str) -> sql.Identifier:
        assert isinstance(self.engine, ServerEngine)
        return sql.Identifier(self.engine.names.database(name))


@contextmanager
def server_lab(role: str, *, binaries: Path = BINARIES) -> Iterator[ServerLab]:
    """A project on a scratch server, as *role* there; at the end its roles are gone too."""
    with running_server(binaries) as server:
        given, project = named(server, role), f"test-{secrets.token_hex(3)}"
        engine = ServerEngine(project, place=PLACE, server=given)
        engine.major = engine.access.major
        made = ServerLab(engine, project, "", server, given)
        try:
            yield made
        finally:
            engine.end()
        assert made.leftovers() == []
