"""An engine that is not on this machine: reached over TLS, its servers reached through it, and isolated as well."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stagecopy.errors import StagingError
from stagecopy.model.staging import ServerOptions
from stagecopy.postgres.connect import connect_staging
from stagecopy.staging.docker import DockerEngine
from stagecopy.staging.docker_client import connect
from tests.acceptance.harness import shop_of
from tests.integration.engine_fixtures import IMAGE, SMALL, SPEC
from tests.integration.remote_engine import RemoteEngine, remote_engine
from tests.integration.scratch_server import running_server

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
