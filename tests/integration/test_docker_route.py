"""Which way is taken to a published port, and that a stranger's server is none."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg
import pytest

from stagecopy.model.server import Address
from stagecopy.model.staging import ServerOptions
from stagecopy.postgres.connect import proves_itself
from stagecopy.staging.docker import DockerEngine
from stagecopy.staging.docker_client import connect
from stagecopy.staging.docker_route import Place, Proof, Routes
from stagecopy.staging.ports import free_port
from tests.integration.engine_fixtures import IMAGE, SMALL, SPEC, docker_required
from tests.integration.impostor import impostor
from tests.integration.scratch_server import _free_port

if TYPE_CHECKING:
    from docker.models.containers import Container


def test_a_server_proves_itself_before_it_is_told_anything(fresh_database: Address) -> None:
    assert proves_itself(fresh_database)
    assert not proves_itself(fresh_database.to(password="wrong"))
    port = _free_port()
    with impostor(port) as heard:
        stranger = Address("127.0.0.1", port, "u", "p", "d")
        assert not proves_itself(stranger)
        assert heard == []
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"{stranger.url}?sslmode=disable&gssencmode=disable")
        assert heard != []  # what would have been told


@contextmanager
def relayed(target: str) -> Iterator[str]:
    """A Docker engine of this machine behind plain TCP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_relay, args=(listener, target), daemon=True).start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _relay(listener: socket.socket, target: str) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(target)
        for source, sink in ((caller, engine), (engine, caller)):
            threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            sink.sendall(piece)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.mark.docker
def test_the_ways_are_tried_fastest_first(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    docker_required()
    caplog.set_level(logging.INFO, logger="stagecopy")
    password = secrets.token_urlsafe(18)
    with relayed("/var/run/docker.sock") as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        project = f"test-{secrets.token_hex(3)}"
        engine = DockerEngine(project, major=15, image=IMAGE, admin_password=password, sockets=None)
        engine.initialise("one", "named", run="run-1", spec=SPEC)
        try:
            address = engine.start("one", ServerOptions(settings=SMALL))
            assert engine.away("one") is None
            assert "somebody leads this port here" in caplog.text
            client = connect()
            container = client.containers.get(f"stagecopy-{project}-one")
            ways = [_way(container, lambda host, port: host == "127.0.0.1" and port == address.port, address.port)]
            ways.append(_way(container, _proof(address), free_port()))
            ways.append(_way(container, lambda *_: False, free_port()))
            assert ways[0] == ("127.0.0.1", address.port)
            assert ways[1] == (container.attrs["NetworkSettings"]["IPAddress"], 5432)
            assert ways[2][0] == "127.0.0.1"  # a tunnel: it is all there is
            client.close()
        finally:
            engine.destroy("one")


def _proof(address: Address) -> Proof:
    return lambda host, port: proves_itself(Address(host, port, address.user, address.password, "postgres"))


def _way(container: Container, proves: Proof, port: int) -> Place:
    return Routes(proves).to(container, port)
