"""How servers in containers are reached, and by that, what code inside them can reach.

Three ways, safest first. ``socket``: no network at all, the server's socket in a folder of this machine, or of the one
that ssh leads to. ``tunnel``: no network either, reached through the engine wherever that is. ``published``: a loopback
port of the engine, to which docker_route finds a way.
"""

from __future__ import annotations

import logging
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stagecopy.errors import StagingError
from stagecopy.files import private_folder
from stagecopy.model.findings import Fidelity
from stagecopy.model.staging import ServerOptions
from stagecopy.staging.docker_client import docker_errors, link
from stagecopy.staging.docker_endpoint import endpoint
from stagecopy.staging.docker_forward import Forward, open_forward, typed_forward
from stagecopy.staging.docker_route import PORT, Place, Proof, Routes, listens
from stagecopy.staging.docker_sockets import Folders, Here, There, hashed
from stagecopy.staging.ports import LOOPBACK

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container
    from docker.types import Mount

Way = Literal["socket", "tunnel", "published"]

_PUBLISHED = f"{PORT}/tcp"
_INSIDE = "/stagecopy-socket"
_NOT_ISOLATED = (
    "containers are on Docker's own network, code in a trial can reach whatever they reach from there: this engine"
    " shares no folder with this machine, and the image has no bash to tunnel to"
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plug:
    """What a container is made with, so that its server is reached in one certain way."""

    way: Way
    settings: Mapping[str, str]
    container: Mapping[str, Any]  # arguments of containers.create
    mounts: tuple[Mount, ...] = ()


class Network:
    """The ways of one Docker engine. *sockets* is the folder for sockets, None when there is none.

    *proves*: whether the server at a place answers and is ours.
    """

    def __init__(self, client: DockerClient, *, image: str, sockets: Path | None, proves: Proof) -> None:
        self._client = client
        self._image = image
        self._sockets = sockets
        self._routes = Routes(proves)

    @cached_property
    def isolating(self) -> Way:
        """The safest way that works here, found by doing it."""
        if self._folders is not None:
            return "socket"
        return "tunnel" if self._has_bash() else "published"

    def fidelity(self) -> tuple[Fidelity, ...]:
        """What code in an isolated server can reach nevertheless."""
        return (Fidelity("not-isolated", _NOT_ISOLATED),) if self.isolating == "published" else ()

    def plug(self, name: str, options: ServerOptions) -> Plug:
        """The way to the server in the container *name*; makes what it needs (see ``unplug``)."""
        way = self.isolating if options.isolated else "published"
        if way == "socket" and self._folders:
            return Plug(way, _LISTEN_ON_SOCKET, {"network_mode": "none"}, (_bind(self._folders.fresh(name)),))
        if way == "tunnel":
            return Plug(way, _LISTEN_ON_LOOPBACK, {"network_mode": "none"})
        return Plug(way, _LISTEN_ON_NETWORK, {"ports": {_PUBLISHED: (LOOPBACK, options.port or 0)}})

    def unplug(self, name: str) -> None:
        """Remove what ``plug`` made for the container *name*, which is gone. Nothing there: nothing to do."""
        self._routes.forget(name)
        for folders in self._possible:
            folders.remove(name)

    def reach(self, container: Container) -> Place:
        """Host (or socket folder) and port at which the server in a running container answers."""
        for mount in container.attrs["Mounts"]:
            if mount["Destination"] == _INSIDE:
                return str(self._owner(mount["Source"]).bring_out(mount["Source"])), PORT
        if container.attrs["HostConfig"]["NetworkMode"] == "none":
            return self._routes.tunnelled(container)
        port = _published(container)
        return (LOOPBACK, port) if self._near and listens(LOOPBACK, port) else self._routes.to(container, port)

    def away(self, container: Container) -> str | None:
        """For a server whose port is not one of this machine: what to run for that. None: it is here."""
        port = _published(container)
        here = self._near or self._routes.is_here(port)
        return None if here else typed_forward(port)

    def forward(self, container: Container, behind: Callable[[], str]) -> Forward:
        """Make its port one of this machine too; *behind* names the container that publishes it at any time.

        Raises StagingError ``port-in-use``.
        """
        return open_forward(behind, _published(container), self._routes)

    @cached_property
    def _possible(self) -> tuple[Folders, ...]:
        connection = link()
        here = (Here(self._sockets),) if self._sockets else ()
        return (*here, There(connection)) if connection else here

    @cached_property
    def _folders(self) -> Folders | None:
        """Those that the engine can hand to containers: it refuses to mount what it does not see."""
        if self._sockets is None:  # nobody wants sockets
            return None
        with docker_errors("asking the Docker engine about itself"):
            about = self._client.info()
        if "Docker Desktop" in str(about.get("OperatingSystem")):  # shows files, but no sockets
            return None
        for folders in self._possible:
            if isinstance(folders, Here) and not sys.platform.startswith("linux"):
                continue
            if folders.fits() and self._shares(folders, str(about.get("ID"))):
                _log.info("sockets of isolated servers are in %s %s", folders.where, endpoint().shown)
                return folders
        _log.info("no folder is shared with the engine %s: isolated servers are reached through it", endpoint().shown)
        return None

    @property
    def _near(self) -> bool:
        """Whether the engine proved to be of this machine."""
        return isinstance(self._folders, Here)

    def _owner(self, source: str) -> Folders:
        for folders in self._possible:
            if source.startswith(f"{folders.where}/"):
                return folders
        message = f"the socket of this server is in {source}, to which the engine at {endpoint().shown} leads no way"
        raise StagingError("start-failed", message, hint="use the address of the engine that it was started by")

    def _shares(self, folders: Folders, engine: str) -> bool:
        assert self._sockets is not None  # noqa: S101 - asked only where sockets are wanted
        key = hashed(f"{engine} {self._client.api.base_url} {endpoint().host} {folders.where}")
        proved = self._sockets / f"{key}.shared"  # making a container takes 0.1 s
        if proved.exists() or not self._mounts(folders):
            return proved.exists()
        private_folder(self._sockets)
        proved.touch(mode=0o600)
        return True

    def _mounts(self, folders: Folders) -> bool:
        from docker.errors import APIError

        name = f"probe-{secrets.token_hex(4)}"
        folder = folders.fresh(name)
        try:
            with docker_errors("making a container that is never started"):
                box = self._client.containers.create(
                    self._image, entrypoint=["true"], network_mode="none", mounts=[_bind(folder)]
                )
                box.remove(force=True, v=True)
        except StagingError as failure:
            if isinstance(failure.__cause__, APIError) and failure.__cause__.status_code == 400:
                return False
            raise
        finally:
            folders.remove(name)
        return True

    def _has_bash(self) -> bool:
        """Whether a tunnel can end in the image's containers."""
        from docker.errors import APIError

        with docker_errors(f"looking for bash in {self._image}"):
            box = self._client.containers.create(
                self._image, ["-c", "exit 7"], entrypoint=["bash"], network_mode="none"
            )
            try:
                box.start()
                return int(box.wait()["StatusCode"]) == 7
            except APIError:
                return False
            finally:
                box.remove(force=True, v=True)


_LISTEN_ON_SOCKET = {"listen_addresses": "", "port": str(PORT), "unix_socket_directories": _INSIDE}
_LISTEN_ON_LOOPBACK = {"listen_addresses": "127.0.0.1", "port": str(PORT)}
_LISTEN_ON_NETWORK = {"listen_addresses": "*", "port": str(PORT)}


def _published(container: Container) -> int:
    bindings = container.attrs["NetworkSettings"]["Ports"].get(_PUBLISHED) or []
    if not bindings:
        raise StagingError("start-failed", f"the container {container.name} publishes no port")
    return int(bindings[0]["HostPort"])


def _bind(folder: str) -> Mount:
    from docker.types import Mount

    return Mount(_INSIDE, folder, type="bind")
