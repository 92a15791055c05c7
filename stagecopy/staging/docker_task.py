"""One short-lived container that does one thing to a data directory's volume, without a network.

Surprising: it carries the mark of the data directory it works for, so that one left behind by a killed run goes with
the directory. Secrets travel as a file into its own file system, never as argument or environment.
"""

from __future__ import annotations

import io
import secrets
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stagecopy.errors import StagingError
from stagecopy.redact import scrub
from stagecopy.staging.docker_client import docker_errors
from stagecopy.staging.docker_labels import labels_of
from stagecopy.staging.mark import Mark

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container
    from docker.types import LogConfig, Mount

MOUNT = "/stagecopy"
DATA = f"{MOUNT}/pgdata"
SOURCE = "/stagecopy-source"
FILES = "/stagecopy-files"
_LOG_TAIL = 12

# busybox' cp may lack --reflink. A killed source has its pid file still, which does not belong to the copy.
COPY = f"""set -e
if cp --help 2>&1 | grep -q -e --reflink; then how=--reflink=auto; fi
cp -a $how {SOURCE}/pgdata {MOUNT}/
rm -f {DATA}/postmaster.pid"""
# The last word says how. Within one file system --reflink=always works or fails at the first file with content.
CLONE = f"""set -e
if cp -a --reflink=always {SOURCE}/pgdata {MOUNT}/ 2>/dev/null; then how=reflink; else
  rm -rf {DATA}
  cp -a {SOURCE}/pgdata {MOUNT}/
  how=copy
fi
rm -f {DATA}/postmaster.pid
echo $how"""
# Each step by itself: a plain sh forgets the exit code of a pipe's first part.
CHECKSUM = f"""set -e
cd {DATA}
find . ! -type f > /tmp/others
find . -type f -print0 > /tmp/files
LC_ALL=C sort -z /tmp/files > /tmp/sorted
xargs -0 sha256sum < /tmp/sorted > /tmp/sums
LC_ALL=C sort /tmp/others >> /tmp/sums
sha256sum < /tmp/sums"""
FOLDER = f"set -e; mkdir {DATA}; chown postgres:postgres {DATA}; chmod 700 {DATA}"
INITDB = f"""set -e
initdb -D {DATA} --pwfile={FILES}/password "$@"
cp {FILES}/pg_hba.conf {DATA}/pg_hba.conf"""
SYNC = f"initdb -D {DATA} --sync-only"
SYNC_LAYERS = f"sync -f {DATA} || sync"  # initdb opens every file for writing, which would copy all of the snapshot


class TaskError(StagingError):
    """The script inside ended with an error; ``output`` is all it said."""

    def __init__(self, what: str, code: int, output: str) -> None:
        tail = scrub("\n".join(output.strip().splitlines()[-_LOG_TAIL:]))
        super().__init__("task-failed", f"{what} ended with exit code {code}: {tail}")
        self.output = output


@dataclass(frozen=True, slots=True)
class Task:
    """What to run: a script for sh with its arguments, as whom, on which volumes (see ``mounts``)."""

    what: str
    script: str
    volumes: Mapping[str, str]
    user: str = "root"
    arguments: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)


def run_task(client: DockerClient, image: str, task: Task, *, name: str, labels: Mapping[str, str]) -> str:
    """Run *task* to its end and return what it printed. Raises TaskError."""
    box: Container | None = None
    try:
        with docker_errors(task.what):
            box = client.containers.create(
                image,
                command=[task.script, "sh", *task.arguments],
                entrypoint=["sh", "-c"],
                name=f"{name}.{secrets.token_hex(4)}",
                user=task.user,
                network_mode="none",
                environment={"LC_ALL": "C"},
                labels={**labels, "stagecopy.role": "task"},
                mounts=mounts(task.volumes, labels),
                log_config=log_to_file(),
            )
            if task.files:
                box.put_archive("/", _archive(task.files))
            box.start()
            # No deadline: copying is as long as the data is large. The connection breaks when the engine dies.
            code = int(box.wait(timeout=None)["StatusCode"])
            output = box.logs().decode("utf-8", "replace")
    finally:
        if box:
            with docker_errors(f"removing the container of {task.what}"):
                box.remove(force=True, v=True)
    if code != 0:
        raise TaskError(task.what, code, output)
    return output


def make_folders(client: DockerClient, image: str, volume: str, *, folders: Iterable[str], mark: Mark) -> None:
    """Make empty folders in *volume*, by a container that is never started: that takes a quarter of a second."""
    labels = {**labels_of(mark), "stagecopy.role": "task"}
    with docker_errors(f"making folders in {volume}"):
        box = client.containers.create(
            image,
            entrypoint=["true"],
            name=f"{volume}.{secrets.token_hex(4)}",
            network_mode="none",
            labels=labels,
            mounts=mounts({volume: MOUNT}, labels_of(mark)),
        )
        try:
            box.put_archive(MOUNT, _packed([(_folder(name), b"") for name in folders]))
        finally:
            box.remove(force=True, v=True)


def mounts(volumes: Mapping[str, str], labels: Mapping[str, str]) -> list[Mount]:
    """Mounts of volume -> place, with ``:ro`` behind a place that is only read.

    Surprising: Docker makes a volume that is missing. When our request outlives our process and the volume is gone
    meanwhile, the new one must carry the mark, or nobody would know whose it is.
    """
    from docker.types import Mount

    return [
        Mount(place.removesuffix(":ro"), volume, read_only=place.endswith(":ro"), no_copy=True, labels=dict(labels))
        for volume, place in volumes.items()
    ]


def log_to_file() -> LogConfig:
    """A log that can be read back, whatever the engine's default is, and that does not grow for ever."""
    from docker.types import LogConfig

    return LogConfig(type="json-file", config={"max-size": "5m"})


def _archive(files: Mapping[str, str]) -> bytes:
    """A tar of *files*. Readable to all users of the container: there is one, and the container is ours alone."""
    entries = []
    for name, text in files.items():
        content = text.encode()
        entry = tarfile.TarInfo(f"{FILES.strip('/')}/{name}")
        entry.size, entry.mode = len(content), 0o444
        entries.append((entry, content))
    return _packed(entries)


def _folder(name: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    return entry


def _packed(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for entry, content in entries:
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
