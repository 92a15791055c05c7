"""Servers in containers: one named volume per data directory, one container beside it while a server runs.

Surprising: the container is thrown away at every stop and the image's entrypoint is never used; as root that one
would chown the whole data directory. The mark is made of labels, which exist from the moment a volume does.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stagecopy.errors import StagingError
from stagecopy.model.findings import Fidelity
from stagecopy.model.server import Address
from stagecopy.model.staging import ClusterSpec, DataDirectory, Kind, ServerOptions
from stagecopy.postgres.connect import wait_until_ready
from stagecopy.redact import remember, scrub
from stagecopy.staging import docker_task as tasks
from stagecopy.staging import settings
from stagecopy.staging.docker_client import connect, docker_errors, ensure_image
from stagecopy.staging.docker_labels import labels_of, mark_of
from stagecopy.staging.docker_task import Task, TaskError, run_task
from stagecopy.staging.engine import ADMIN
from stagecopy.staging.mark import Mark, checked
from stagecopy.staging.ports import LOOPBACK

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.volumes import Volume

_PORT = "5432/tcp"
_OPTIONS = "stagecopy.options"
_ALIVE = ("running", "restarting", "paused")
_AFTER_REBOOT: Any = {"Name": "unless-stopped"}  # Any: the SDK's stubs do not know this policy
_LOG_TAIL = 12


class DockerEngine:
    """Volumes and containers named ``stagecopy-PROJECT-NAME`` on one Docker engine."""

    name = "docker"
    contains_superusers = True

    def __init__(self, project: str, *, major: int, image: str, admin_password: str) -> None:
        remember(admin_password)
        self.major = major
        self._project = project
        self._image = image
        self._password = admin_password

    def initialise(self, name: str, kind: Kind, *, run: str, spec: ClusterSpec) -> tuple[Fidelity, ...]:
        """See Engine."""
        ensure_image(self._client, self._image)
        with self._made(name, kind, run) as mark:
            self._task(mark, Task("making the data folder", tasks.FOLDER, self._own(name)))
            files = {
                "password": self._password + "\n",
                "pg_hba.conf": settings.host_based_authentication(("all",)),
            }
            for rung in settings.locale_ladder(spec):
                words = settings.initdb_arguments(self.major, spec, locale=rung)
                task = Task("initdb", tasks.INITDB, self._own(name), user="postgres", arguments=words, files=files)
                try:
                    self._task(mark, task)
                except TaskError as failure:
                    if settings.blames_locale(failure.output):
                        continue
                    raise
                return settings.other_collation(spec, rung)
            raise StagingError("initdb-failed", f"no locale fits encoding {spec.encoding}")

    def copy(self, source: str, name: str, kind: Kind, *, run: str) -> None:
        """See Engine."""
        self._stopped(source)
        with self._made(name, kind, run) as mark:
            volumes = {self._full(source): f"{tasks.SOURCE}:ro", **self._own(name)}
            self._task(mark, Task(f"copying {source}", tasks.COPY, volumes))

    def start(self, name: str, options: ServerOptions) -> Address:
        """See Engine."""
        container = self._prepared(self._stopped(name), options)
        try:
            with docker_errors(f"starting {name}"):
                container.start()
            return self._answering(name, container)
        except BaseException:
            with docker_errors(f"removing the container of {name}"):
                container.remove(force=True, v=True)
            raise

    def prepare_start(self, name: str, options: ServerOptions) -> None:
        """See Engine: makes the container without starting it; the port is bound at start."""
        self._prepared(self._stopped(name), options)

    def stop(self, name: str) -> None:
        """See Engine."""
        self._owned(name)
        container = self._container(name)
        if container is None or container.status == "created":
            return
        with docker_errors(f"stopping {name}"):
            was_running = container.status in _ALIVE
            container.stop(timeout=settings.STOP_SECONDS)
            code = int(container.wait()["StatusCode"])
            container.remove(force=True, v=True)
        if was_running and code != 0:
            raise StagingError("unclean-stop", f"the server on {name} did not stop cleanly (exit code {code})")

    def destroy(self, name: str) -> None:
        """See Engine."""
        volume = self._volume(name)
        if volume:
            checked(mark_of(volume), project=self._project, name=name)
        with docker_errors(f"destroying {name}"):
            for container in self._client.containers.list(all=True, filters=self._labelled(name), ignore_removed=True):
                container.remove(force=True, v=True)
            if volume:
                volume.remove()

    def sync(self, name: str) -> None:
        """See Engine."""
        self._task(self._stopped(name), Task(f"flushing {name}", tasks.SYNC, self._own(name), user="postgres"))

    def directories(self) -> tuple[DataDirectory, ...]:
        """See Engine."""
        with docker_errors("listing data directories"):
            volumes = self._client.volumes.list(filters=self._labelled())
            servers = self._client.api.containers(filters=self._labelled())
        running = {
            server["Labels"]["stagecopy.name"]
            for server in servers
            if server["Labels"].get("stagecopy.role") == "server" and server["State"] in _ALIVE
        }
        found = [mark for volume in volumes if (mark := mark_of(volume)) and volume.name == self._full(mark.name)]
        return tuple(
            DataDirectory(mark.name, mark.kind, mark.run, mark.name in running)
            for mark in sorted(found, key=lambda mark: mark.name)
        )

    def address(self, name: str) -> Address | None:
        """See Engine."""
        container = self._container(name)
        return self._address(container) if container and container.status in _ALIVE else None

    def checksum(self, name: str) -> str:
        """See Engine."""
        volumes = {self._full(name): f"{tasks.MOUNT}:ro"}
        return self._task(self._stopped(name), Task(f"reading {name}", tasks.CHECKSUM, volumes)).split()[0]

    def fidelity(self) -> tuple[Fidelity, ...]:
        """See Engine."""
        message = "containers are on Docker's own network: code in a trial can reach whatever they reach from there"
        return (Fidelity("not-isolated", message),)

    @cached_property
    def _client(self) -> DockerClient:
        return connect()

    def _full(self, name: str) -> str:
        return f"stagecopy-{self._project}-{settings.check_name(name)}"

    def _own(self, name: str) -> dict[str, str]:
        return {self._full(name): tasks.MOUNT}

    def _labelled(self, name: str | None = None) -> dict[str, Any]:
        words = [f"stagecopy.project={self._project}"]
        return {"label": words if name is None else [*words, f"stagecopy.name={name}"]}

    def _task(self, mark: Mark, task: Task) -> str:
        return run_task(self._client, self._image, task, name=self._full(mark.name), labels=labels_of(mark))

    @contextmanager
    def _made(self, name: str, kind: Kind, run: str) -> Iterator[Mark]:
        """A new marked volume; it goes again when the block fails."""
        mark = Mark(self._project, name, kind, run)
        if self._volume(name):  # the engine would hand out the old one without a word
            raise StagingError("exists", f"there is a data directory {name} already")
        try:
            with docker_errors(f"making the volume of {name}"):
                self._client.volumes.create(self._full(name), labels=labels_of(mark))
            yield mark
        except BaseException:
            self.destroy(name)
            raise

    def _volume(self, name: str) -> Volume | None:
        from docker.errors import NotFound

        with docker_errors(f"looking for {name}"):
            try:
                return self._client.volumes.get(self._full(name))
            except NotFound:
                return None

    def _container(self, name: str) -> Container | None:
        """The server's container. Raises StagingError ``not-ours`` when somebody else uses its name."""
        from docker.errors import NotFound

        with docker_errors(f"looking for the container of {name}"):
            try:
                container = self._client.containers.get(self._full(name))
            except NotFound:
                return None
        checked(mark_of(container), project=self._project, name=name)
        return container

    def _owned(self, name: str) -> Mark:
        volume = self._volume(name)
        if volume is None:
            raise StagingError("no-such-directory", f"there is no data directory {name}")
        return checked(mark_of(volume), project=self._project, name=name)

    def _stopped(self, name: str) -> Mark:
        mark = self._owned(name)
        container = self._container(name)
        if container and container.status in _ALIVE:
            raise StagingError("still-running", f"the server on {name} is running; it must be stopped for this")
        return mark

    def _prepared(self, mark: Mark, options: ServerOptions) -> Container:
        """A container made for exactly these options: one prepared before, else a new one."""
        name = self._full(mark.name)
        here = {"listen_addresses": "*", "port": "5432"}  # published on loopback only
        words = ["-D", tasks.DATA, *settings.arguments(self.major, options.settings, here)]
        wanted = hashlib.sha256(json.dumps([self._image, options.port, words]).encode()).hexdigest()[:16]
        old = self._container(mark.name)
        with docker_errors(f"preparing the container of {mark.name}"):
            if old and old.status == "created" and old.labels.get(_OPTIONS) == wanted:
                return old
            if old:
                old.remove(force=True, v=True)
            return self._client.containers.create(
                self._image,
                command=words,
                entrypoint=["postgres"],
                name=name,
                labels={**labels_of(mark), "stagecopy.role": "server", _OPTIONS: wanted},
                user="postgres",
                environment=settings.server_locale(),
                mounts=tasks.mounts({name: tasks.MOUNT}, labels_of(mark)),
                log_config=tasks.log_to_file(),
                ports={_PORT: (LOOPBACK, options.port or 0)},
                shm_size="1g",  # 64 MB by default, on which parallel index builds die
                stop_signal="SIGINT",
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                restart_policy=_AFTER_REBOOT if mark.kind == "served" else None,
            )

    def _answering(self, name: str, container: Container) -> Address:
        end = time.monotonic() + settings.READY_SECONDS
        while True:
            with docker_errors(f"looking at the container of {name}"):
                container.reload()
                if container.status != "running" or container.attrs.get("RestartCount"):
                    log = container.logs(tail=_LOG_TAIL).decode("utf-8", "replace")
                    raise StagingError("start-failed", f"the server on {name} did not start: {scrub(log.strip())}")
            address = self._address(container)
            try:
                wait_until_ready(address, deadline=1.0)
            except StagingError:
                if time.monotonic() > end:
                    raise
            else:
                return address

    def _address(self, container: Container) -> Address:
        bindings = container.attrs["NetworkSettings"]["Ports"].get(_PORT) or []
        if not bindings:
            raise StagingError("start-failed", f"the container {container.name} publishes no port")
        return Address(LOOPBACK, int(bindings[0]["HostPort"]), ADMIN, self._password, "postgres")
