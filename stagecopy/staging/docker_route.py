"""The fastest way from here to a port that a server publishes on its engine's loopback, found by trying them.

The one place where this is decided. Isolated servers publish nothing: their way is in docker_network.

Surprising: on a port of this machine, or at a container's address, may be a server of somebody else. So a way counts
only when the server at its end proves, before it is told anything, that it knows our password.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from stagecopy.errors import StagingError
from stagecopy.staging.docker_client import link
from stagecopy.staging.docker_endpoint import endpoint
from stagecopy.staging.docker_sockets import SOCKET, hashed
from stagecopy.staging.docker_tunnel import Tunnel
from stagecopy.staging.ports import LOOPBACK

if TYPE_CHECKING:
    from docker.models.containers import Container

PORT = 5432
Place = tuple[str, int]  # address, or the folder of a socket, and port
Proof = Callable[[str, int], bool]
_KNOCK_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Routes:
    """Ways to published ports of one Docker engine. *proves*: whether the server at a place is ours and answers."""

    def __init__(self, proves: Proof) -> None:
        self._proves = proves
        self._chosen: dict[str, Place] = {}
        self._tunnels: dict[str, Tunnel] = {}

    def to(self, container: Container, port: int) -> Place:
        """Where the server in *container* is reached; chosen for good once it answers."""
        name = str(container.name)
        if name in self._chosen:
            return self._chosen[name]
        for place, why in self._ways(container, port):
            if self._proves(*place):
                _log.info("%s is reached at %s:%d: %s", name, *place, why)
                self._chosen[name] = place
                return place
        return self.tunnelled(container)  # not chosen: a server that is starting may prove itself a moment later

    def tunnelled(self, container: Container) -> Place:
        """Through the engine, which always works."""
        name = str(container.name)
        if name not in self._tunnels:
            _log.info("%s is reached through the engine, as long as no shorter way answers", name)
            self._tunnels[name] = Tunnel(lambda: name, PORT)
        return LOOPBACK, self._tunnels[name].port

    def forget(self, name: str) -> None:
        """The container *name* is gone."""
        self._chosen.pop(name, None)
        if tunnel := self._tunnels.pop(name, None):
            tunnel.close()

    def is_here(self, port: int) -> bool:
        """Whether the port of a server of ours over there is one of this machine as well."""
        return listens(LOOPBACK, port) and self._proves(LOOPBACK, port)

    def _ways(self, container: Container, port: int) -> Iterator[tuple[Place, str]]:
        """Those that may work, fastest first."""
        where = endpoint()
        if where.by_ssh:
            if folder := _led_here(str(container.name), port):
                yield (folder, PORT), "its port is led here by ssh"
        elif listens(LOOPBACK, port):
            yield (LOOPBACK, port), "the engine's loopback is ours, or somebody leads this port here"
        # In the clear, so only where the engine itself is spoken to like that.
        address = container.attrs["NetworkSettings"]["IPAddress"]
        if where.host.startswith("tcp://") and where.certificates is None and address and listens(address, PORT):
            yield (address, PORT), "there is a route to the container's address"


def _led_here(name: str, port: int) -> str | None:
    """The folder of a socket that ssh leads to the loopback port of the other machine."""
    connection = link()
    if connection is None:
        return None
    folder = connection.folder / f"p{hashed(f'{name} {port}')}"
    if not folder.exists():
        folder.mkdir(mode=0o700)
        try:
            connection.forward(folder / SOCKET, f"{LOOPBACK}:{port}")
        except StagingError:
            folder.rmdir()
            return None
    return str(folder)


def listens(host: str, port: int) -> bool:
    """Whether anybody listens there."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.settimeout(_KNOCK_SECONDS)
        return probe.connect_ex((host, port)) == 0
