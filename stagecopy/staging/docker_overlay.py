"""Clones by overlay on a Docker engine: a volume that the engine mounts over a snapshot's volume, for each container.

Surprising: nothing of it is on our side, so it works on any engine whose kernel can do it, also on another machine.
What the clone writes lies in a second volume, ``NAME.layers``. The clone's own volume, which carries the mark, is made
first and removed last, so that there are never layers that nobody would find.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from stagecopy.errors import StagingError
from stagecopy.files import private_folder, read_json, write_json
from stagecopy.model.trial import CloneMethod
from stagecopy.staging import docker_task as tasks
from stagecopy.staging.docker_client import docker_errors
from stagecopy.staging.docker_labels import BASE, labels_of, mark_of
from stagecopy.staging.docker_task import Task, TaskError
from stagecopy.staging.mark import Mark, checked

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.volumes import Volume

_LAYERS = ("upper", "work")
_WHERE = ("ID", "ServerVersion", "KernelVersion", "DockerRootDir")  # what the answer hangs on
_CAN_REFLINK = f"""set -e
mkdir {tasks.DATA}
cd {tasks.DATA}
head -c 8192 /dev/zero > one
if cp --reflink=always one two 2>/dev/null; then echo reflink; else echo no; fi"""
_CAN_OVERLAY = f"""set -e
cd {tasks.DATA}
cmp one {tasks.SOURCE}/pgdata/one
echo two > one
test $(wc -c < {tasks.SOURCE}/pgdata/one) = 8192
chown postgres:postgres one"""


class Overlays:
    """Overlay volumes of one project. *run* does a task for a mark; *folders* makes empty folders in a volume.

    *full* is a data directory's name in Docker, *notes* the folder where it is kept what an engine can do.
    """

    def __init__(
        self,
        client: DockerClient,
        run: Callable[[Mark, Task], str],
        folders: Callable[..., None],
        *,
        full: Callable[[str], str],
        notes: Path | None,
    ) -> None:
        self._client = client
        self._run = run
        self._folders = folders
        self._full = full
        self._notes = notes
        self._found: CloneMethod | None = None

    def method(self, probe: Mark) -> CloneMethod:
        """How a volume of the engine's own is cloned there, found by doing it once."""
        if self._found is None:
            note = self._note()
            document = read_json(note) if note else None
            self._found = document["method"] if document else self._tried(probe, note)
        return self._found

    def lay_over(self, source: Volume, mark: Mark) -> None:
        """Make the volumes of *mark*, a clone of what is in *source*."""
        name = self._full(mark.name)
        lower = PurePosixPath(source.attrs["Mountpoint"])
        layers = lower.parent.parent / layers_of(name) / lower.name
        upper, work = (layers / each for each in _LAYERS)
        options = {
            "type": "overlay",
            "device": "overlay",
            "o": f"lowerdir={lower},upperdir={upper},workdir={work}",
        }
        labels = {**labels_of(mark), BASE: source.attrs["Labels"]["stagecopy.name"]}
        with docker_errors(f"making the volumes of {mark.name}"):
            self._client.volumes.create(name, driver_opts=options, labels=labels)
            made = self._client.volumes.create(layers_of(name), labels=labels_of(mark))
        if made.attrs["Mountpoint"] != str(layers):
            raise StagingError("docker-failed", f"the engine keeps {made.name} at {made.attrs['Mountpoint']}")
        self._folders(layers_of(name), folders=_LAYERS, mark=mark)

    def _note(self) -> Path | None:
        """The file that says what was found on this very engine."""
        if self._notes is None:
            return None
        with docker_errors("asking the Docker engine about itself"):
            about = self._client.info()
        where = json.dumps([about.get(each) for each in _WHERE])
        return self._notes / f"{hashlib.sha256(where.encode()).hexdigest()[:10]}.clones"

    def _tried(self, probe: Mark, note: Path | None) -> CloneMethod:
        """Do it. An engine that is in trouble right now is asked again by the next process."""
        try:
            found = self._try(probe)
        except StagingError as failure:
            if failure.code != "docker-failed" and not isinstance(failure, TaskError):
                return "copy"
            found = "copy"
        if note:
            private_folder(note.parent)
            write_json(note, {"format": 1, "method": found})
        return found

    def _try(self, probe: Mark) -> CloneMethod:
        names = [f"probe-{secrets.token_hex(4)}-{which}" for which in ("base", "clone")]
        base, clone = (replace(probe, name=name, kind="clone", run="probe") for name in names)
        below, above = (self._full(name) for name in names)
        try:
            with docker_errors("making a volume"):
                source = self._client.volumes.create(below, labels=labels_of(base))
            task = Task("trying to share blocks", _CAN_REFLINK, {below: tasks.MOUNT})
            if self._run(base, task).split()[-1:] == ["reflink"]:
                return "reflink"
            self.lay_over(source, clone)
            volumes = {below: f"{tasks.SOURCE}:ro", above: tasks.MOUNT}
            self._run(clone, Task("trying an overlay", _CAN_OVERLAY, volumes))
            return "overlay"
        finally:
            for mark in (clone, base):
                remove_layers(self._client, self._full(mark.name), mark)
                _remove(self._client, self._full(mark.name), mark)


def layers_of(name: str) -> str:
    """The volume beside the volume *name*; no data directory can have such a name."""
    return f"{name}.layers"


def remove_layers(client: DockerClient, full: str, mark: Mark) -> None:
    """Remove what lies beside the volume *full*, if it is of the name and home that *mark* says. Not there: fine."""
    _remove(client, layers_of(full), mark)


def _remove(client: DockerClient, volume: str, mark: Mark) -> None:
    from docker.errors import NotFound

    with docker_errors(f"removing {volume}"), suppress(NotFound):
        found = client.volumes.get(volume)
        checked(mark_of(found), project=mark.project, name=mark.name, home=mark.home)
        found.remove()
