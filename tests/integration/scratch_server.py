"""A PostgreSQL of the tests' own: one per session, on loopback, in a temporary folder, ended by its process id.

Tests ask for ``scratch_server`` (the session's) or ``fresh_database`` (an empty one for each test); conftest.py hands
both out. Settings are those tests need: prepared transactions allowed, no sync to disk, no autovacuum.
"""

from __future__ import annotations

import itertools
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from stagecopy import process
from stagecopy.errors import StagingError
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging, wait_until_ready

BINARIES = Path("/usr/lib/postgresql/15/bin")
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_prepared_transactions": "10",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "timezone": "UTC",
    "lc_messages": "C",
}
_numbers = itertools.count(1)


def _identity() -> process.Identity:
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("no user named postgres to run a server as")
    return process.Identity(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _initdb(binaries: Path, folder: Path, password: str, identity: process.Identity) -> Path:
    shutil.chown(folder, identity.uid, identity.gid)
    secret, data = folder / "password", folder / "data"
    secret.write_text(password)
    shutil.chown(secret, identity.uid, identity.gid)
    options = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C"]
    argv: list[str | Path] = [binaries / "initdb", *options, "--no-sync", f"--pgdata={data}"]
    process.run(argv, env=process.environment(), cwd=folder, identity=identity)
    secret.unlink()
    return data


@contextmanager
def running_server(binaries: Path = BINARIES, /, **settings: str) -> Iterator[Address]:
    """A server of its own with further *settings*, for tests that crash or reconfigure it, or want another major."""
    if not (binaries / "postgres").exists():
        pytest.skip(f"no PostgreSQL in {binaries}")
    identity, password, port = _identity(), secrets.token_urlsafe(12), _free_port()
    folder = Path(tempfile.mkdtemp(prefix="stagecopy-test-"))
    try:
        data = _initdb(binaries, folder, password, identity)
        chosen = {**_SETTINGS, **settings, "port": str(port)}
        options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            argv: list[str | Path] = [binaries / "postgres", "-D", data, *options]
            env = process.environment()
            server = process.start(
                argv, env=env, cwd=folder, identity=identity, stdout=log.fileno(), stderr=log.fileno()
            )
        address = Address("127.0.0.1", port, "postgres", password, "postgres")
        try:
            _wait(address, server, folder / "log")
            yield address
        finally:
            _end(server)
    finally:
        shutil.rmtree(folder)


def _wait(address: Address, server: subprocess.Popen[bytes], log: Path) -> None:
    try:
        wait_until_ready(address, deadline=30)
    except StagingError:
        state = "runs" if server.poll() is None else f"ended with {server.returncode}"
        pytest.fail(f"the scratch server is not ready and {state}: {log.read_text()[-2000:]}")


def _end(server: subprocess.Popen[bytes]) -> None:
    """Fast shutdown (SIGINT to the postmaster); by force only when that takes too long."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait(20)


@pytest.fixture(scope="session")
def scratch_server() -> Iterator[Address]:
    """The session's server, logged in as its superuser. Skips when PostgreSQL 15 is not installed."""
    with running_server() as address:
        yield address


@contextmanager
def database_of(server: Address) -> Iterator[Address]:
    """An empty database on *server*, dropped at the end with whatever still holds it."""
    name = f"test_{next(_numbers)}_{secrets.token_hex(3)}"
    with connect_staging(server) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield server.to(database=name)
    finally:
        _drop(server, name)


def _drop(server: Address, name: str) -> None:
    with connect_staging(server.to(database=name)) as inside:
        for (gid,) in inside.execute(
            "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()"
        ).fetchall():
            inside.execute(sql.SQL("ROLLBACK PREPARED {}").format(sql.Literal(gid)))
    deadline = time.monotonic() + 10
    with connect_staging(server) as admin:
        while True:
            try:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            except psycopg.errors.ObjectInUse:  # a backend that was just told to go
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return


@pytest.fixture
def fresh_database(scratch_server: Address) -> Iterator[Address]:
    """An empty database of the scratch server for one test."""
    with database_of(scratch_server) as address:
        yield address
