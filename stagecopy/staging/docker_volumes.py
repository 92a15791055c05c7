"""Volumes of data directories: in Docker's own folder, or bound to a folder of the pool, which can share blocks.

Surprising: Docker removes a bound volume but never the folder behind it. So the volume, which carries the mark, is
made before its folder and removed after it: at no moment is there a folder that nobody would find.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stagecopy.errors import StagingError
from stagecopy.files import private_folder, remove_tree
from stagecopy.model.staging import DataDirectory
from stagecopy.model.trial import CloneMethod
from stagecopy.staging import docker_task as tasks
from stagecopy.staging.docker_client import docker_errors
from stagecopy.staging.docker_labels import BASE, labels_of, mark_of
from stagecopy.staging.docker_overlay import Overlays, layers_of
from stagecopy.staging.docker_task import Task
from stagecopy.staging.mark import Mark
from stagecopy.staging.pool import Pool
from stagecopy.staging.postmaster import end_all
from stagecopy.staging.reflink import copy_tree, reflinks

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.volumes import Volume

_DATA = "pgdata"


class Volumes:
    """The volumes of one project. *run* does a task for a mark, *full* is a data directory's name in Docker."""

    def __init__(
        self,
        client: DockerClient,
        run: Callable[[Mark, Task], str],
        full: Callable[[str], str],
        *,
        pool: Pool,
        overlays: Overlays,
    ) -> None:
        self._client = client
        self._run = run
        self._full = full
        self._pool = pool
        self._overlays = overlays

    def get(self, name: str) -> Volume | None:
        """The volume of a data directory, or None."""
        from docker.errors import NotFound

        with docker_errors(f"looking for {name}"):
            try:
                return self._client.volumes.get(self._full(name))
            except NotFound:
                return None

    def base(self, name: str) -> str | None:
        """The data directory that *name* cannot do without, or None."""
        volume = self.get(name)
        return (volume.attrs.get("Labels") or {}).get(BASE) if volume else None

    def make_empty(self, mark: Mark, destroy: Callable[[str], None]) -> None:
        """A volume with an empty data folder: in the pool if the engine proves to see it, else of Docker's own."""
        task = Task("making the data folder", tasks.FOLDER, {self._full(mark.name): tasks.MOUNT})
        if place := _place_in(self._pool):
            folder = place / self._full(mark.name)
            self._create(mark, folder)
            _make_folder(folder)
            with suppress(StagingError):
                self._run(mark, task)
                if (folder / _DATA).is_dir():
                    return
            destroy(mark.name)
        self._create(mark, None)
        self._run(mark, task)

    def copy(self, source: str, mark: Mark, *, thin: bool) -> CloneMethod:
        """Copy beside the source, since blocks are shared within one file system only. In the pool by ourselves."""
        origin = self._folder(source)
        if origin:
            target = origin.parent / self._full(mark.name)
            self._create(mark, target)
            return _copy_folder(origin, target, thin=thin)
        volume = self.get(source)
        if thin and volume and self._plain_method(volume, mark) == "overlay":
            self._overlays.lay_over(volume, mark)
            return "overlay"
        self._create(mark, None)
        volumes = {self._full(source): f"{tasks.SOURCE}:ro", self._full(mark.name): tasks.MOUNT}
        said = self._run(mark, Task(f"copying {source}", tasks.CLONE if thin else tasks.COPY, volumes))
        return "reflink" if said.split()[-1:] == ["reflink"] else "copy"

    def clone_method(self, source: str | None, probe: Mark) -> tuple[CloneMethod, str, str | None]:
        """See Engine."""
        volume = self.get(source) if source else None
        folder = self._folder(source) if source else _place_in(self._pool)
        if folder:
            shares = reflinks(folder.parent)
            return "reflink" if shares else "copy", self._pool.why, None if shares else self._pool.better
        method = self._plain_method(volume, probe)
        if method == "reflink":
            return method, "the disk of the Docker engine shares blocks", None
        why = "Docker does not keep its volumes in the pool" if self._pool.folder else self._pool.why
        if method == "copy":
            why = f"{why}; no overlay can be laid there"
        return method, why, self._pool.better

    def _plain_method(self, volume: Volume | None, probe: Mark) -> CloneMethod:
        """How a volume of Docker's own (None: one made now) is cloned. Only a snapshot never changes under a clone."""
        method = self._overlays.method(probe)
        mark = mark_of(volume) if volume else None
        return "copy" if method == "overlay" and mark and mark.kind != "snapshot" else method

    def _folder(self, name: str) -> Path | None:
        volume = self.get(name)
        return _folder_of(volume) if volume else None

    def _create(self, mark: Mark, folder: Path | None) -> None:
        options = {"type": "none", "o": "bind", "device": str(folder)} if folder else {}
        with docker_errors(f"making the volume of {mark.name}"):
            self._client.volumes.create(self._full(mark.name), driver_opts=options, labels=labels_of(mark))


def data_directories(
    volumes: Iterable[Volume], running: Container[str], full: Callable[[str], str]
) -> tuple[DataDirectory, ...]:
    """The data directories that *volumes* are, sorted by name. Layers alone count too: what is listed is removed."""
    found: dict[str, DataDirectory] = {}
    for volume in volumes:
        mark = mark_of(volume)
        if mark and volume.name in (full(mark.name), layers_of(full(mark.name))):
            base = volume.attrs["Labels"].get(BASE) or (found[mark.name].base if mark.name in found else None)
            found[mark.name] = DataDirectory(mark.name, mark.kind, mark.run, mark.name in running, base=base)
    return tuple(found[name] for name in sorted(found))


def remove_volume(volume: Volume) -> None:
    """Remove a volume of ours with its files, ending a copier that a killed run left at work there."""
    if folder := _folder_of(volume):
        end_all(folder)
        remove_tree(folder)
    volume.remove()


def _place_in(pool: Pool) -> Path | None:
    """The pool's folder for volumes, when a Docker engine of this machine may be able to use it."""
    local = (os.environ.get("DOCKER_HOST") or "unix://").startswith("unix://")
    if pool.folder is None or not local or not sys.platform.startswith("linux") or os.geteuid() != 0:
        return None
    return pool.folder / "docker"


def _folder_of(volume: Volume) -> Path | None:
    """The folder a volume of ours is bound to, or None when Docker keeps its files."""
    options = volume.attrs.get("Options") or {}
    if options.get("type") != "none" or options.get("o") != "bind":
        return None
    folder = Path(options["device"])
    if folder.name != volume.name:
        raise StagingError("not-ours", f"the volume {volume.name} is bound to {folder}, which we did not make")
    return folder


def _make_folder(folder: Path) -> None:
    """The empty folder behind a new volume. The server's user, whose number only the image knows, goes through it."""
    private_folder(folder.parent, mode=0o711)
    private_folder(folder, mode=0o711)


def _copy_folder(source: Path, target: Path, *, thin: bool) -> CloneMethod:
    """Copy the data directory from one such folder to another, without a container: we are root here."""
    _make_folder(target)
    method = copy_tree(source / _DATA, target / _DATA, cwd=target, identity=None, thin=thin)
    (target / _DATA / "postmaster.pid").unlink(missing_ok=True)  # of a source that was killed
    return method
