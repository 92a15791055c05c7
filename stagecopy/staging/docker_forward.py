"""Leads the port of a server that a Docker engine elsewhere publishes to the same port of this machine.

Surprising: a refresh puts another container behind that port. ssh leads to the port and does not care; a tunnel leads
into a container, and asks at each connection which one that is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from stagecopy.errors import StagingError
from stagecopy.staging.docker_client import link
from stagecopy.staging.docker_endpoint import endpoint
from stagecopy.staging.docker_tunnel import Tunnel
from stagecopy.staging.ports import LOOPBACK, is_free
from stagecopy.staging.ssh_link import Link, Target

_INSIDE = 5432


class Forward(Protocol):
    """A port of this machine, as long as this process lives and does not close it."""

    def check(self) -> None:
        """Raises StagingError when it leads nowhere any more."""

    def close(self) -> None:
        """End it."""


class Routed(Protocol):
    """What knows whether a loopback port leads to a server of ours."""

    def is_here(self, port: int) -> bool:
        """Whether it does."""


class _ByEngine:
    def __init__(self, container: Callable[[], str], port: int) -> None:
        self._tunnel = Tunnel(container, _INSIDE, at=port)

    def check(self) -> None:
        """Each connection is a new one to the engine."""

    def close(self) -> None:
        self._tunnel.close()


class _BySsh:
    def __init__(self, connection: Link, port: int) -> None:
        self._link = connection
        self._port = f"{LOOPBACK}:{port}"
        connection.forward(self._port, self._port)

    def check(self) -> None:
        if not self._link.alive:
            raise self._link.failure()

    def close(self) -> None:
        self._link.cancel(self._port, self._port)


def open_forward(container: Callable[[], str], port: int, routes: Routed) -> Forward:
    """By ssh where that leads to ports, else through the engine. Raises StagingError ``port-in-use``."""
    if not is_free(port):
        hint = "end what listens there; or set staging.port and refresh"
        raise StagingError("port-in-use", f"the port {port} of this machine is taken", hint=hint)
    connection = link()
    if connection is not None:
        forward = _BySsh(connection, port)
        if routes.is_here(port):
            return forward
        forward.close()
    return _ByEngine(container, port)


def typed_forward(port: int) -> str:
    """What people run to have the port here."""
    where = endpoint().host
    target = Target.parse(where).typed if where.startswith("ssh://") else urlsplit(where).hostname or "HOST"
    return f"ssh -nNT -L {LOOPBACK}:{port}:{LOOPBACK}:{port} {target}"
