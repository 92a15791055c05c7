"""How servers in containers are reached, and by that, what code inside them can reach.

Three ways, safest first. ``socket``: no network at all, the server's socket in a folder of this machine. ``tunnel``: no
network either, reached through the engine wherever that is. ``published``: a loopback port of the engine.

Surprising: code inside may write where its socket lies, and could put a link there that leads us to another server.
So the socket is moved, before anything else runs in the server, to a folder that the container never sees.
"""

from __future__ import annotations

import hashlib
import secrets
import socket
import stat
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stagecopy.errors import StagingError
from stagecopy.files import private_folder, remove_tree
from stagecopy.model.findings import Fidelity
from stagecopy.model.staging import ServerOptions
from stagecopy.staging.docker_client import docker_errors
from stagecopy.staging.docker_tunnel import Tunnel
from stagecopy.staging.ports import LOOPBACK

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container
    from docker.types import Mount

Way = Literal["socket", "tunnel", "published"]

PORT = 5432
_PUBLISHED = f"{PORT}/tcp"
_SOCKET = f".s.PGSQL.{PORT}"
_INSIDE = "/stagecopy-socket"
_LONGEST = 107 - len(f"/0123456789/{_SOCKET}")  # of the folder of all sockets: the kernel's limit is 107 bytes
_NOT_ISOLATED = (
    "containers are on Docker's own network, code in a trial can reach whatever they reach from there: this engine"
    " shares no folder with this machine, and the image has no bash to tunnel to"
)


@dataclass(frozen=True, slots=True)
class Plug:
    """What a container is made with, so that its server is reached in one certain way."""

    way: Way
    settings: Mapping[str, str]
    container: Mapping[str, Any]  # arguments of containers.create
    mounts: tuple[Mount, ...] = ()


class Network:
    """The ways of one Docker engine. *sockets* is the folder for sockets, None when there is none."""

    def __init__(self, client: DockerClient, *, image: str, sockets: Path | None) -> None:
        self._client = client
        self._image = image
        self._sockets = sockets
        self._tunnels: dict[str, Tunnel] = {}

    @cached_property
    def isolating(self) -> Way:
        """The safest way that works here, found by doing it."""
        if self._shares_folders():
            return "socket"
        return "tunnel" if self._has_bash() else "published"

    def fidelity(self) -> tuple[Fidelity, ...]:
        """What code in an isolated server can reach nevertheless."""
        return (Fidelity("not-isolated", _NOT_ISOLATED),) if self.isolating == "published" else ()

    def plug(self, name: str, options: ServerOptions) -> Plug:
        """The way to the server in the container *name*; makes what it needs (see ``unplug``)."""
        way = self.isolating if options.isolated else "published"
        if way == "socket":
            return Plug(way, _LISTEN_ON_SOCKET, {"network_mode": "none"}, (_bind(self._fresh_folder(name)),))
        if way == "tunnel":
            return Plug(way, _LISTEN_ON_LOOPBACK, {"network_mode": "none"})
        return Plug(way, _LISTEN_ON_NETWORK, {"ports": {_PUBLISHED: (LOOPBACK, options.port or 0)}})

    def unplug(self, name: str) -> None:
        """Remove what ``plug`` made for the container *name*, which is gone. Nothing there: nothing to do."""
        if tunnel := self._tunnels.pop(name, None):
            tunnel.close()
        if self._sockets:
            remove_tree(self._folder(name))

    def reach(self, container: Container) -> tuple[str, int]:
        """Host (or socket folder) and port at which the server in a running container answers."""
        for mount in container.attrs["Mounts"]:
            if mount["Destination"] == _INSIDE:
                folder = Path(mount["Source"]).parent
                _bring_out(folder)
                return str(folder), PORT
        if container.attrs["HostConfig"]["NetworkMode"] == "none":
            return self._tunnelled(container)
        bindings = container.attrs["NetworkSettings"]["Ports"].get(_PUBLISHED) or []
        if not bindings:
            raise StagingError("start-failed", f"the container {container.name} publishes no port")
        port = int(bindings[0]["HostPort"])
        return (LOOPBACK, port) if _listens(port) else self._tunnelled(container)

    def _folder(self, name: str) -> Path:
        assert self._sockets is not None  # noqa: S101 - asked only where sockets are used
        return self._sockets / hashlib.sha256(name.encode()).hexdigest()[:10]

    def _fresh_folder(self, name: str) -> Path:
        """An empty folder of ours, with one inside that whoever the image's postgres is may write to."""
        folder = self._folder(name)
        remove_tree(folder)
        private_folder(folder.parent)  # 0700: keeps everybody else of this machine out
        private_folder(folder)
        return private_folder(folder / "in", mode=0o777)

    def _shares_folders(self) -> bool:
        """Whether the engine can hand one of our folders to a container: it refuses to mount what it does not see."""
        if self._sockets is None or not sys.platform.startswith("linux") or len(bytes(self._sockets)) > _LONGEST:
            return False
        with docker_errors("asking the Docker engine about itself"):
            about = self._client.info()
        if "Docker Desktop" in str(about.get("OperatingSystem")):  # shows files, but no sockets
            return False
        engine = f"{about.get('ID')} {self._client.api.base_url}"
        proved = self._folder(engine).with_suffix(".shared")  # making a container takes 0.1 s
        if proved.exists() or not self._mounts_ours():
            return proved.exists()
        proved.touch(mode=0o600)
        return True

    def _mounts_ours(self) -> bool:
        from docker.errors import APIError

        folder = self._fresh_folder(f"probe-{secrets.token_hex(4)}")
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
            remove_tree(folder.parent)
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

    def _tunnelled(self, container: Container) -> tuple[str, int]:
        name = str(container.name)
        if name not in self._tunnels:
            self._tunnels[name] = Tunnel(name, PORT)
        return LOOPBACK, self._tunnels[name].port


_LISTEN_ON_SOCKET = {"listen_addresses": "", "port": str(PORT), "unix_socket_directories": _INSIDE}
_LISTEN_ON_LOOPBACK = {"listen_addresses": "127.0.0.1", "port": str(PORT)}
_LISTEN_ON_NETWORK = {"listen_addresses": "*", "port": str(PORT)}


def _listens(port: int) -> bool:
    """Whether a loopback port of the engine is one of this machine: the engine is here, or somebody forwards it."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0


def _bind(folder: Path) -> Mount:
    from docker.types import Mount

    return Mount(_INSIDE, str(folder), type="bind")


def _bring_out(folder: Path) -> None:
    """Move the socket out of the container's sight, once, and shut the folder that it can see."""
    ours, inside = folder / _SOCKET, folder / "in" / _SOCKET
    if ours.is_symlink() or ours.exists() or not (inside.is_symlink() or inside.exists()):
        return
    inside.rename(ours)
    if not stat.S_ISSOCK(ours.lstat().st_mode):
        ours.unlink()
        raise StagingError("start-failed", f"what lies in {folder} for a socket is none, so it is not used")
    (folder / "in").chmod(0o700)
