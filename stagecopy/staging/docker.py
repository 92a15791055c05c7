"""Servers in containers: one named volume per data directory, one container beside it while a server runs.

Surprising: the container is thrown away at every stop and the image's entrypoint is never used; as root that one
would chown the whole data directory. The mark is made of labels, which exist from the moment a volume does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stagecopy.errors import StagingError
from stagecopy.model.findings import Fidelity
from stagecopy.model.server import Address
from stagecopy.model.staging import ClusterSpec, DataDirectory, Kind, ServerOptions
from stagecopy.model.trial import CloneMethod
from stagecopy.postgres.connect import proves_itself
from stagecopy.redact import remember
from stagecopy.staging import docker_task as tasks
from stagecopy.staging import settings
from stagecopy.staging.bases import refuse_if_needed
from stagecopy.staging.docker_client import connect, docker_errors, ensure_image
from stagecopy.staging.docker_forward import Forward
from stagecopy.staging.docker_labels import ALIVE, labelled, labels_of, mark_of, serving
from stagecopy.staging.docker_network import Network
from stagecopy.staging.docker_overlay import Overlays, remove_layers
from stagecopy.staging.docker_server import answering
from stagecopy.staging.docker_task import Task, TaskError, run_task
from stagecopy.staging.docker_volumes import Volumes, data_directories, remove_volume
from stagecopy.staging.engine import ADMIN
from stagecopy.staging.mark import Mark, checked
from stagecopy.staging.pool import NO_POOL, Pool
from stagecopy.staging.wal_programs import dump_in

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

_OPTIONS = "stagecopy.options"
_AFTER_REBOOT: Any = {"Name": "unless-stopped"}  # Any: the SDK's stubs do not know this policy


class DockerEngine:
    """Volumes and containers named ``stagecopy-PROJECT-NAME`` on one Docker engine."""

    name = "docker"
    contains_superusers = True

    def __init__(
        self,
        project: str,
        *,
        major: int,
        image: str,
        admin_password: str,
        sockets: Path | None = None,
        pool: Pool = NO_POOL,
        home: str | None = None,
    ) -> None:
        remember(admin_password)
        self._pool = pool
        self._sockets = sockets
        self.major = major
        self._project = project
        self._home = home  # its own word: people of one project have their own homes, and share an engine
        self._mark = partial(Mark, project, home=home)
        self._labelled = partial(labelled, project, home)
        self._image = image
        self._password = admin_password

    def initialise(self, name: str, kind: Kind, *, run: str, spec: ClusterSpec) -> tuple[Fidelity, ...]:
        """See Engine."""
        ensure_image(self._client, self._image)
        mark = self._mark(name, kind, run)
        with self._gone_on_failure(mark):
            self._volumes.make_empty(mark, self.destroy)
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
        self._copied(source, self._mark(name, kind, run), thin=False)

    def clone(self, source: str, name: str, kind: Kind, *, run: str) -> CloneMethod:
        """See Engine."""
        return self._copied(source, self._mark(name, kind, run), thin=True)

    def clone_method(self, source: str | None = None) -> tuple[CloneMethod, str, str | None]:
        """See Engine."""
        return self._volumes.clone_method(source, self._mark("probe", "clone", "probe"))

    def start(self, name: str, options: ServerOptions) -> Address:
        """See Engine."""
        container = self._prepared(self._stopped(name), options)
        try:
            with docker_errors(f"starting {name}"):
                container.start()
            return answering(name, container, self._address)
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
            was_running = container.status in ALIVE
            container.stop(timeout=settings.STOP_SECONDS)
            code = int(container.wait()["StatusCode"])
            container.remove(force=True, v=True)
        self._network.unplug(self._full(name))
        if was_running and code != 0:
            raise StagingError("unclean-stop", f"the server on {name} did not stop cleanly (exit code {code})")

    def destroy(self, name: str) -> None:
        """See Engine."""
        volume = self._volumes.get(name)
        if volume:
            mark = checked(mark_of(volume), project=self._project, name=name, home=self._home)
            refuse_if_needed(mark, self.directories)
        with docker_errors(f"destroying {name}"):
            for container in self._client.containers.list(all=True, filters=self._labelled(name), ignore_removed=True):
                container.remove(force=True, v=True)
            self._network.unplug(self._full(name))
            remove_layers(self._client, self._full(name), self._mark(name, "clone", ""))
            if volume:
                remove_volume(volume)  # last, because it is what lists the rest

    def sync(self, name: str) -> None:
        """See Engine."""
        script = tasks.SYNC if self._volumes.base(name) is None else tasks.SYNC_LAYERS
        self._task(self._stopped(name), Task(f"flushing {name}", script, self._own(name), user="postgres"))

    def directories(self) -> tuple[DataDirectory, ...]:
        """See Engine."""
        with docker_errors("listing data directories"):
            volumes = self._client.volumes.list(filters=self._labelled())
            servers = self._client.api.containers(filters=self._labelled())
        return data_directories(volumes, serving(servers), self._full)

    def address(self, name: str) -> Address | None:
        """See Engine."""
        container = self._container(name)
        return self._address(container) if container and container.status in ALIVE else None

    def away(self, name: str) -> str | None:
        """What leads the port of a published server to this machine, for people to run; None when it is here."""
        container = self._container(name)
        return self._network.away(container) if container else None

    def forward(self, name: Callable[[], str]) -> Forward:
        """Lead the port of a running published server here; *name* says at any time on which directory it is."""
        container = self._container(name())
        if container is None:
            raise StagingError("no-such-directory", f"no server runs on {name()}")
        return self._network.forward(container, lambda: self._full(name()))

    def dump_wal(self, name: str, arguments: Sequence[str]) -> Iterator[bytes]:
        """See DumpsWal."""
        return dump_in(self._container(name), arguments)

    def checksum(self, name: str) -> str:
        """See Engine."""
        volumes = {self._full(name): f"{tasks.MOUNT}:ro"}
        return self._task(self._stopped(name), Task(f"reading {name}", tasks.CHECKSUM, volumes)).split()[0]

    def fidelity(self) -> tuple[Fidelity, ...]:
        """See Engine."""
        return self._network.fidelity()

    @cached_property
    def _client(self) -> DockerClient:
        return connect()

    @cached_property
    def _volumes(self) -> Volumes:
        folders = partial(tasks.make_folders, self._client, self._image)
        overlays = Overlays(self._client, self._task, folders, full=self._full, notes=self._sockets)
        return Volumes(self._client, self._task, self._full, pool=self._pool, overlays=overlays)

    @cached_property
    def _network(self) -> Network:
        return Network(self._client, image=self._image, sockets=self._sockets, proves=self._proves)

    def _full(self, name: str) -> str:
        return f"stagecopy-{self._project}-{settings.check_name(name)}"

    def _own(self, name: str) -> dict[str, str]:
        return {self._full(name): tasks.MOUNT}

    def _task(self, mark: Mark, task: Task) -> str:
        return run_task(self._client, self._image, task, name=self._full(mark.name), labels=labels_of(mark))

    @contextmanager
    def _gone_on_failure(self, mark: Mark) -> Iterator[None]:
        """For making a new volume: it must not be there, and goes again when the block fails."""
        if self._volumes.get(mark.name):  # the engine would hand out the old one without a word
            raise StagingError("exists", f"there is a data directory {mark.name} already")
        try:
            yield
        except BaseException:
            self.destroy(mark.name)
            raise

    def _copied(self, source: str, mark: Mark, *, thin: bool) -> CloneMethod:
        self._stopped(source)
        with self._gone_on_failure(mark):
            return self._volumes.copy(source, mark, thin=thin)

    def _container(self, name: str) -> Container | None:
        """The server's container. Raises StagingError ``not-ours`` when somebody else uses its name."""
        from docker.errors import NotFound

        with docker_errors(f"looking for the container of {name}"):
            try:
                container = self._client.containers.get(self._full(name))
            except NotFound:
                return None
        checked(mark_of(container), project=self._project, name=name, home=self._home)
        return container

    def _owned(self, name: str) -> Mark:
        volume = self._volumes.get(name)
        if volume is None:
            raise StagingError("no-such-directory", f"there is no data directory {name}")
        return checked(mark_of(volume), project=self._project, name=name, home=self._home)

    def _stopped(self, name: str) -> Mark:
        mark = self._owned(name)
        container = self._container(name)
        if container and container.status in ALIVE:
            raise StagingError("still-running", f"the server on {name} is running; it must be stopped for this")
        return mark

    def _prepared(self, mark: Mark, options: ServerOptions) -> Container:
        """A container made for exactly these options: one prepared before, else a new one."""
        name = self._full(mark.name)
        plug = self._network.plug(name, options)
        words = ["-D", tasks.DATA, *settings.arguments(self.major, options.settings, plug.settings)]
        wanted = hashlib.sha256(json.dumps([self._image, plug.way, options.port, words]).encode()).hexdigest()[:16]
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
                mounts=[*tasks.mounts({name: tasks.MOUNT}, labels_of(mark)), *plug.mounts],
                log_config=tasks.log_to_file(),
                shm_size="1g",  # 64 MB by default, on which parallel index builds die
                stop_signal="SIGINT",
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                restart_policy=_AFTER_REBOOT if mark.kind in ("served", "named") else None,
                **plug.container,
            )

    def _address(self, container: Container) -> Address:
        return self._at(*self._network.reach(container))

    def _at(self, host: str, port: int) -> Address:
        return Address(host, port, ADMIN, self._password, "postgres")

    def _proves(self, host: str, port: int) -> bool:
        return proves_itself(self._at(host, port))
