"""Real databases to try things on, read from the folder of sample dumps beside the repository; skipped without it."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest
from psycopg import sql

from stagecopy import process
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "databases"
_PSQL = Path("/usr/lib/postgresql/15/bin/psql")
SAMPLES = [
    "pagila",
    "sakila_jooq",
    "chinook_mixedcase",
    "northwind",
    "employee_small",
    "kratos_data",
    "neon_periodic_table",
]


def load_sample(address: Address, name: str) -> None:
    """Load the dump *name* into the empty database at *address*. Skips where the dump or psql is missing."""
    dump = FOLDER / f"{name}.sql.gz"
    if not dump.exists():
        pytest.skip(f"the sample database {name} is not on this machine")
    if not _PSQL.exists():
        pytest.skip(f"no psql in {_PSQL.parent}")
    env = process.environment({"PGPASSWORD": address.password})
    where = ["-h", address.host, "-p", str(address.port), "-U", address.user, "-d", address.database]
    argv: list[str | Path] = [_PSQL, *where, "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    child = process.start(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, errors = child.communicate(gzip.decompress(dump.read_bytes()))
    assert child.returncode == 0, errors.decode()[-500:]


def create_sample(server: Address, name: str) -> Address:
    """A database called *name* on *server* with the sample of that name in it; the session's end drops the server.

    One that an earlier module has left behind gives way.
    """
    with connect_staging(server) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name)))
    address = server.to(database=name)
    load_sample(address, name)
    return address
