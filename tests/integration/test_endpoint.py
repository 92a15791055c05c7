"""What answers at production's address: poolers and turn-taking servers are recognised before anything is set there."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from stagecopy import process
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_untouched
from stagecopy.postgres.dsn import Dsn
from stagecopy.production.endpoint import look
from tests.integration.scratch_server import _free_port, _identity, running_server

POOLER = os.environ.get("STAGECOPY_TEST_PGBOUNCER") or shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin")
needs_pooler = pytest.mark.skipif(POOLER is None, reason="no pgbouncer on PATH or in STAGECOPY_TEST_PGBOUNCER")


@contextmanager
def pooled(server: Address, folder: Path, mode: str, *, ignore: str = "extra_float_digits") -> Iterator[Address]:
    """PgBouncer in front of *server*, run as the user that servers run as."""
    identity, port = _identity(), _free_port()
    folder.chmod(0o755)
    shutil.chown(folder, identity.uid, identity.gid)
    upstream = f"host={server.host} port={server.port} user={server.user} password={server.password}"
    (folder / "users").write_text(f'"{server.user}" "{server.password}"\n')
    (folder / "pool.ini").write_text(
        f"[databases]\n* = {upstream}\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\nunix_socket_dir=\n"
        f"auth_type=scram-sha-256\nauth_file={folder}/users\npool_mode={mode}\nignore_startup_parameters={ignore}\n"
    )
    child = process.start(
        [str(POOLER), "-q", folder / "pool.ini"], identity=identity, stderr=subprocess.DEVNULL, cwd=folder
    )
    try:
        address = Address("127.0.0.1", port, server.user, server.password, server.database)
        _listening(port)
        yield address
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def _listening(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.05)
    pytest.fail("pgbouncer does not listen")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    folder = Path("/tmp") / f"stagecopy-pool-{secrets.token_hex(4)}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_a_plain_server_passes_and_its_address_is_pinned(fresh_database: Address) -> None:
    looked = look(Dsn.parse(fresh_database.url), "stagecopy/test")
    assert looked.obstacles == ()
    assert looked.dsn.get("hostaddr") == "127.0.0.1"


@needs_pooler
@pytest.mark.parametrize("ignore", ["extra_float_digits", "extra_float_digits,options"])
def test_a_transaction_pooler_is_named_and_left_as_it_was(
    scratch_server: Address, open_folder: Path, ignore: str
) -> None:
    with pooled(scratch_server, open_folder, "transaction", ignore=ignore) as pool:
        looked = look(Dsn.parse(pool.url), "stagecopy/test")
        (obstacle,) = looked.obstacles
        assert obstacle.code == "pooler"
        assert "shares server sessions" in obstacle.message
        assert "6432" in obstacle.remedy
        with psycopg.connect(pool.url, autocommit=True) as application:
            assert application.execute("SHOW default_transaction_read_only").fetchone() == ("off",)
            assert application.execute("SHOW search_path").fetchone() == ('"$user", public',)


@needs_pooler
def test_a_session_pooler_that_drops_the_guard_is_refused(scratch_server: Address, open_folder: Path) -> None:
    with pooled(scratch_server, open_folder, "session", ignore="options") as pool:
        (obstacle,) = look(Dsn.parse(pool.url), "stagecopy/test").obstacles
        assert "drops the options" in obstacle.message


@needs_pooler
def test_a_session_pooler_that_refuses_options_is_refused(scratch_server: Address, open_folder: Path) -> None:
    with pooled(scratch_server, open_folder, "session") as pool:
        (obstacle,) = look(Dsn.parse(pool.url), "stagecopy/test").obstacles
        assert "refuses" in obstacle.message


@contextmanager
def taking_turns(servers: tuple[Address, Address]) -> Iterator[Address]:
    """One port behind which connections go to either server in turn, as load balancers do."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        stop = threading.Event()

        def serve() -> None:
            count = 0
            while not stop.is_set():
                try:
                    client, _ = door.accept()
                except OSError:
                    return
                target = servers[count % 2]
                count += 1
                other = socket.create_connection((target.host, target.port))
                for one, two in ((client, other), (other, client)):
                    threading.Thread(target=_pass_on, args=(one, two), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        first = servers[0]
        yield Address("127.0.0.1", door.getsockname()[1], first.user, first.password, "postgres")
        stop.set()
        door.shutdown(socket.SHUT_RDWR)


def _pass_on(one: socket.socket, two: socket.socket) -> None:
    try:
        while data := one.recv(65536):
            two.sendall(data)
    except OSError:
        pass
    finally:
        two.close()


def test_two_servers_behind_one_address_are_told_apart(scratch_server: Address) -> None:
    with running_server() as second:
        with psycopg.connect(second.url, autocommit=True) as admin:
            admin.execute(f"ALTER ROLE postgres PASSWORD '{scratch_server.password}'".encode())
        with taking_turns((scratch_server, second)) as balanced:
            (obstacle,) = look(Dsn.parse(balanced.url), "stagecopy/test").obstacles
            assert obstacle.code == "balanced-endpoint"
            assert "reached two servers" in obstacle.message


def test_nothing_is_set_by_looking(fresh_database: Address) -> None:
    with connect_untouched(Dsn.parse(fresh_database.url), application_name="stagecopy/test") as connection:
        changed = connection.execute(
            "SELECT name FROM pg_settings WHERE source = 'session' AND name <> 'application_name'"
        ).fetchall()
    assert changed == []
