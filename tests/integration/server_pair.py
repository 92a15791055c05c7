"""One cluster, prepared with a database per case, then copied twice: the before and after servers of a diff."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest

from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging, wait_until_ready
from stagecopy.postgres.walrange import wal_start
from stagecopy.process import Identity, environment, run, start
from stagecopy.staging.wal import WalSource
from stagecopy.staging.wal_programs import dump_here
from tests.integration.majors import reachable_programs

_SETTINGS = {
    "fsync": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_prepared_transactions": "5",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_keep_size": "4GB",
}


@dataclass(frozen=True, slots=True)
class LogReader:
    """pg_waldump on the changed server's directory, whatever its name."""

    programs: Path
    data: Path

    def dump_wal(self, name: str, arguments: Sequence[str]) -> Iterator[bytes]:  # noqa: ARG002 - there is one
        """See DumpsWal."""
        return dump_here(self.programs, self.data, arguments, identity=server_user())


@dataclass(frozen=True, slots=True)
class ServerPair:
    """Addresses of both servers; a case names its database. ``wal``: all that was written to the second."""

    before: Address
    after: Address
    wal: WalSource

    def case(self, database: str) -> tuple[Address, Address]:
        """Both sides of one case."""
        return self.before.to(database=database), self.after.to(database=database)


def binaries() -> Path:
    """The newest host binaries; without them the test is skipped."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip("no PostgreSQL binaries on this host")
    return found[-1].parent


def server_user() -> Identity | None:
    """Whom servers run as; None is ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("no user postgres to run a server as")
    return Identity("postgres", user.pw_uid, user.pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(
    programs: Path, data: Path, settings: Mapping[str, str], stop: signal.Signals = signal.SIGQUIT
) -> Iterator[Address]:
    port = _free_port()
    options = [word for name, value in {**_SETTINGS, **settings}.items() for word in ("-c", f"{name}={value}")]
    options += ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", f"unix_socket_directories={data}"]
    child = start(
        [programs / "postgres", "-D", data, *options],
        env=environment(),
        cwd=data,
        identity=server_user(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = Address("127.0.0.1", port, "postgres", "", "postgres")
    try:
        wait_until_ready(address, deadline=30)
        yield address
    finally:
        child.send_signal(stop)
        try:
            child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _prepare(address: Address, databases: Mapping[str, str]) -> None:
    for name, script in databases.items():
        with connect_staging(address) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        with connect_staging(address.to(database=name)) as connection:
            connection.execute("SET search_path TO public")
            for part in script.split(";;"):
                connection.execute(part.encode())


@contextmanager
def server_pair(
    databases: Mapping[str, str],
    *,
    major: int | None = None,
    unpack: Callable[[Path], Path] | None = None,
    between: Callable[[Path, Path], None] = lambda _programs, _base: None,
    **settings: str,
) -> Iterator[ServerPair]:
    """Two servers with equal copies of *databases* (name to SQL; ``;;`` ends a transaction), of *major* if given.

    *unpack* may lay other programs into a folder that the server's user can enter, and return where they are.
    *between* may do something to the stopped cluster before it is copied.
    """
    home = Path(mkdtemp(prefix="stagecopy-pair-"))
    identity = server_user()
    try:
        if identity:
            os.chown(home, identity.uid, identity.gid)
        if unpack is not None:
            programs = unpack(home / "programs")
        else:
            programs = binaries() if major is None else reachable_programs(major, home / "programs")
        base = home / "base"
        argv: list[str | Path] = [programs / "initdb", "-D", base, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        run([*argv, "--no-locale", "-N"], env=environment(), cwd=home, identity=identity)
        with _running(programs, base, settings, signal.SIGINT) as address:  # a clean stop; the others may be cut off
            _prepare(address, databases)
        between(programs, base)
        base.rename(home / "before")
        run(["cp", "-a", home / "before", home / "after"])
        with (
            _running(programs, home / "before", settings) as before,
            _running(programs, home / "after", settings) as after,
        ):
            yield ServerPair(before, after, WalSource(LogReader(programs, home / "after"), "after", wal_start(after)))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def migrate(address: Address, script: str) -> None:
    """Run *script* as psql would: each statement on its own line of ``;;`` is a transaction of its own."""
    with connect_staging(address) as connection:
        connection.execute("SET search_path TO public")
        for part in script.split(";;"):
            connection.execute(part.encode())
