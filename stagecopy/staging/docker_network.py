"""How servers in containers are reached, and by that, what code inside them can reach.

Three ways, safest first. ``socket``: no network at all, the server's socket in a folder of this machine. ``internal``:
a network of its own without a way out, reached at its bridge address. ``published``: a loopback port of the engine.

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
from stagecopy.staging.docker_labels import labels_of
from stagecopy.staging.mark import Mark
from stagecopy.staging.ports import LOOPBACK

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container
    from docker.types import Mount

Way = Literal["socket", "internal", "published"]

PORT = 5432
_PUBLISHED = f"{PORT}/tcp"
_SOCKET = f".s.PGSQL.{PORT}"
_INSIDE = "/stagecopy-socket"
_LONGEST = 107 - len(f"/0123456789/{_SOCKET}")  # of the folder of all sockets: the kernel's limit is 107 bytes
_REACHES = {
    "internal": "a trial has a network without a way out, but can reach services of this machine that listen on all"
    " addresses: this Docker engine cannot use folders under STAGECOPY_HOME, or that path is too long for a socket",
    "published": "containers are on Docker's own network: code in a trial can reach whatever they reach from there",
}


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

    @cached_property
    def isolating(self) -> Way:
        """The safest way that works here, found by doing it."""
        if self._shares_folders():
            return "socket"
        return "internal" if self._is_routed() else "published"

    def fidelity(self) -> tuple[Fidelity, ...]:
        """What code in an isolated server can reach nevertheless."""
        message = _REACHES.get(self.isolating)
        return (Fidelity("not-isolated", message),) if message else ()

    def plug(self, name: str, mark: Mark, options: ServerOptions) -> Plug:
        """The way to the server in the container *name*; makes what it needs (see ``unplug``)."""
        way = self.isolating if options.isolated else "published"
        if way == "socket":
            return Plug(way, _LISTEN_ON_SOCKET, {"network_mode": "none"}, (_bind(self._fresh_folder(name)),))
        if way == "internal":
            self._make_internal(name, labels_of(mark))
            return Plug(way, _LISTEN_ON_NETWORK, {"network": name})
        return Plug(way, _LISTEN_ON_NETWORK, {"ports": {_PUBLISHED: (LOOPBACK, options.port or 0)}})

    def unplug(self, name: str) -> None:
        """Remove what ``plug`` made for the container *name*, which is gone. Nothing there: nothing to do."""
        if self._sockets:
            remove_tree(self._folder(name))
        with docker_errors(f"removing the network of {name}"):
            for network in self._client.networks.list(names=[name], filters={"label": "stagecopy.project"}):
                if network.name == name:
                    network.remove()

    def reach(self, container: Container) -> tuple[str, int]:
        """Host (or socket folder) and port at which the server in a running container answers."""
        for mount in container.attrs["Mounts"]:
            if mount["Destination"] == _INSIDE:
                folder = Path(mount["Source"]).parent
                _bring_out(folder)
                return str(folder), PORT
        network = container.attrs["NetworkSettings"]
        if own := network["Networks"].get(container.name):
            return str(own["IPAddress"]), PORT
        bindings = network["Ports"].get(_PUBLISHED) or []
        if not bindings:
            raise StagingError("start-failed", f"the container {container.name} publishes no port")
        return LOOPBACK, int(bindings[0]["HostPort"])

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
        proved = self._folder(str(about.get("ID"))).with_suffix(".shared")  # making a container takes 0.1 s
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

    def _is_routed(self) -> bool:
        """Whether bridges of the engine are this machine's own: then we hold the gateway's address of a new one."""
        name = f"stagecopy-probe-{secrets.token_hex(4)}"
        with docker_errors("making a network to see whether it is reached from here"):
            network = self._client.networks.create(name, internal=True)
            try:
                network.reload()
                return _is_ours(network.attrs["IPAM"]["Config"][0].get("Gateway", ""))
            finally:
                network.remove()

    def _make_internal(self, name: str, labels: Mapping[str, str]) -> None:
        self.unplug(name)
        with docker_errors(f"making the network of {name}"):
            self._client.networks.create(name, driver="bridge", internal=True, labels=dict(labels))


_LISTEN_ON_SOCKET = {"listen_addresses": "", "port": str(PORT), "unix_socket_directories": _INSIDE}
_LISTEN_ON_NETWORK = {"listen_addresses": "*", "port": str(PORT)}


def _is_ours(address: str) -> bool:
    if not address:
        return False
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        try:
            probe.bind((address.partition("/")[0], 0))
        except OSError:
            return False
    return True


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
