"""An engine that is not on this machine: reached over TLS, its servers reached through it, and isolated as well."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from stagecopy.errors import StagingError
from stagecopy.model.server import Address
from stagecopy.model.staging import ServerOptions
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.docker import DockerEngine
from stagecopy.staging.docker_client import connect
from tests.acceptance.harness import Shop, shop_of
from tests.integration.engine_fixtures import IMAGE, SMALL, SPEC
from tests.integration.impostor import impostor
from tests.integration.remote_engine import RemoteEngine, remote_engine
from tests.integration.scratch_server import _free_port, running_server
from tests.integration.ssh_server import NAME, SshServer, ssh_server

_SOCKETS = Path("/root/.stagecopy-sockets")  # in the home of whom ssh logs in as
pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.fixture(scope="module")
def far() -> Iterator[RemoteEngine]:
    """The engine, started once for this file."""
    with remote_engine() as engine:
        yield engine


@pytest.fixture
def chosen(far: RemoteEngine, monkeypatch: pytest.MonkeyPatch) -> RemoteEngine:
    """The same, as what this process's environment names."""
    for name, value in far.environ.items():
        monkeypatch.setenv(name, value)
    return far


def _identity() -> str:
    client = connect()
    try:
        return str(client.info()["DockerRootDir"])
    finally:
        client.close()


def test_it_is_another_engine_and_wants_a_certificate(chosen: RemoteEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    far = _identity()
    for name in ("DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"):
        monkeypatch.delenv(name)
    with pytest.raises(StagingError) as failure:
        connect()
    assert failure.value.code in ("docker-unreachable", "docker-failed")
    monkeypatch.delenv("DOCKER_HOST")
    assert _identity() != far


def test_the_context_that_docker_uses_is_used(
    far: RemoteEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    near = _identity()
    files = ",".join(f"{name}={far.certificates}/{name}.pem" for name in ("ca", "cert", "key"))
    create = ["docker", "context", "create", "far", "--docker", f"host={far.host},{files}"]
    subprocess.run(create, check=True, capture_output=True)
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    assert _identity() != near
    monkeypatch.delenv("DOCKER_CONTEXT")
    subprocess.run(["docker", "context", "use", "far"], check=True, capture_output=True)
    assert _identity() != near
    monkeypatch.setenv("DOCKER_HOST", "unix:///var/run/docker.sock")
    assert _identity() == near


@pytest.mark.parametrize("isolated", [True, False])
def test_servers_there_are_reached_through_the_engine(chosen: RemoteEngine, isolated: bool) -> None:
    """Also one that publishes its port: on the loopback of a machine that is not this one."""
    password = secrets.token_urlsafe(18)
    engine = DockerEngine("far", major=15, image=IMAGE, admin_password=password, sockets=chosen.hidden / "s")
    engine.initialise("one", "clone", run="run-1", spec=SPEC)
    try:
        address = engine.start("one", ServerOptions(settings=SMALL, isolated=isolated))
        with connect_staging(address) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE public.big (line text)")
            with cursor.copy("COPY public.big FROM STDIN") as copy:
                for _ in range(200):
                    copy.write(b"x" * 99_999 + b"\n")
            with cursor.copy("COPY public.big TO STDOUT") as copy:
                assert sum(len(piece) for piece in copy) == 200 * 100_000
        assert engine.fidelity() == ()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(address.to(password="wrong").url)
        engine.stop("one")
    finally:
        engine.destroy("one")
    assert engine.directories() == ()


def test_a_refresh_and_a_trial_there(far: RemoteEngine) -> None:
    with running_server() as production, psycopg.connect(production.url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE public.users AS SELECT n AS id, 'u' || n AS name FROM generate_series(1, 99) n"
        )
        with shop_of(production, "docker") as shop:
            shop.environ.update(far.environ)
            shop.environ["STAGECOPY_HOME"] = str(far.hidden / "home")
            shop.keep_everything()
            refreshed = shop.refreshed()
            done = shop.trial("DELETE FROM public.users WHERE id <= 9")
            assert (refreshed["tables"][0]["rows"], done.document["tables"][0]["removed"]) == (99, 9)
            codes = {each["code"] for each in done.document["fidelity"]}
            assert "not-isolated" not in codes
            destroyed = shop.run("staging", "destroy", "--yes")
            assert destroyed.code == 0, destroyed.err


@contextmanager
def _by_ssh(far: RemoteEngine, production: Address) -> Iterator[tuple[Shop, SshServer]]:
    with ssh_server(address=far.address, network=far.network) as server, shop_of(production, "docker") as shop:
        shop.environ.update({**server.environ, "DOCKER_HOST": f"ssh://root@{NAME}{far.socket}"})
        shop.environ["STAGECOPY_HOME"] = str(far.hidden / "by-ssh")
        shop.configure(staging=f"{{engine: docker, port: {_free_port()}}}")  # 5433 is for all tests of this machine
        shop.keep_everything()
        yield shop, server


def test_a_day_by_ssh(far: RemoteEngine) -> None:
    """Refresh, trial, look inside, lead the port here; then ssh ends amid a refresh, and yesterday's staging stays."""
    with running_server() as production, psycopg.connect(production.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.users AS SELECT n AS id FROM generate_series(1, 99) n")
        with _by_ssh(far, production) as (shop, server):
            refreshed = shop.refreshed()
            assert "not-isolated" not in {each["code"] for each in refreshed["fidelity"]}
            said = " ".join(path.read_text() for path in (far.hidden / "by-ssh" / "runs").glob("*/log.jsonl"))
            assert "sockets of isolated servers are in" in said
            assert shop.trial("DELETE FROM public.users WHERE id <= 9").document["tables"][0]["removed"] == 9
            _look_inside(shop, refreshed["staging"]["url"])
            assert "--forward --clone ada" in shop.run("clone", "create", "ada").err
            assert _count(shop, "--clone", "ada") == "99"
            connection.execute("DELETE FROM public.users")
            _interrupted(shop, server)
            assert _count(shop) == "99"
            assert shop.run("staging", "destroy", "--yes").code == 0
            _soon_without_clients(server)
    assert not _SOCKETS.exists()


def _look_inside(shop: Shop, url: str) -> None:
    assert _count(shop) == "99"
    told = shop.run("staging", "url")
    port = url.rpartition(":")[2].partition("/")[0]
    assert told.out.strip() == url
    assert f"ssh -nNT -L 127.0.0.1:{port}:127.0.0.1:{port} root@{NAME}" in told.err
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    holding = shop.start("staging", "url", "--forward")
    assert holding.stdout
    url = holding.stdout.readline().strip()
    if not url:
        pytest.fail(holding.communicate()[1])
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (99,)
    holding.send_signal(signal.SIGINT)
    holding.communicate(timeout=30)
    assert holding.returncode == 0


def _count(shop: Shop, *words: str) -> str:
    done = shop.run("staging", "psql", *words, "--", "-Atc", "SELECT count(*) FROM public.users")
    assert done.code == 0, done.err
    return done.out.strip()


def _interrupted(shop: Shop, server: SshServer) -> None:
    refresh = shop.start("refresh", "--json")
    assert refresh.stderr
    assert any(line.strip() == "rows" for line in refresh.stderr)
    server.end()
    out, err = refresh.communicate(timeout=120)
    assert refresh.returncode == 4, err
    assert json.loads(out)["error"]["code"] == "ssh-failed"
    assert "staging still serves" in err.strip().splitlines()[-1]
    _soon_without_clients(server)
    server.begin()


def _soon_without_clients(server: SshServer) -> None:
    deadline = time.monotonic() + 10
    while server.clients():
        assert time.monotonic() < deadline, server.clients()
        time.sleep(0.05)


def test_a_published_port_over_tls_is_led_here(chosen: RemoteEngine) -> None:
    """Also while another PostgreSQL has that port here: it is neither used nor told a password."""
    port = _free_port()
    engine = DockerEngine("led", major=15, image=IMAGE, admin_password=secrets.token_urlsafe(18), sockets=None)
    engine.initialise("one", "named", run="run-1", spec=SPEC)
    try:
        with impostor(port) as heard:
            address = engine.start("one", ServerOptions(port=port, settings=SMALL))
            assert address.port != port
            assert engine.away("one") == f"ssh -nNT -L 127.0.0.1:{port}:127.0.0.1:{port} {chosen.address}"
            with pytest.raises(StagingError, match="is taken"):
                engine.forward(lambda: "one")
        assert heard == []
        forward = engine.forward(lambda: "one")
        with connect_staging(replace(address, port=port)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert engine.away("one") is None
        forward.close()
        assert engine.away("one")
    finally:
        engine.destroy("one")
