"""How much disk a refresh needs, and whether it is there before anything is written.

Surprising: where servers live in a local Docker engine, their disk is the engine's, not that of our home; a remote
engine's disk cannot be asked, so only the backup is counted then.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stagecopy.errors import StagingError
from stagecopy.home import Home
from stagecopy.model.preflight import Obstacle
from stagecopy.staging.engine import Engine

_EMPTY_CLUSTER = 60 << 20  # initdb's own files and the first WAL segments
_PACKED = 0.4  # a dump against its tables; measured 0.2 to 0.35 on real ones at the compression we use
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes to be written below a folder, and what they are."""

    folder: Path
    bytes: int
    what: str


@dataclass(frozen=True, slots=True)
class Space:
    """Needed and free on one file system."""

    folder: Path
    needed: int
    free: int
    what: str

    @property
    def line(self) -> str:
        """What is always said."""
        return f"disk of {self.folder}: {self.what} needs about {shown(self.needed)}, free {shown(self.free)}"

    @property
    def obstacle(self) -> Obstacle | None:
        """Too little of it."""
        if self.needed <= self.free:
            return None
        remedy = f"free {shown(self.needed - self.free)} there, or set STAGECOPY_HOME to a larger disk"
        return Obstacle("disk-full-ahead", self.line, remedy, side="staging")


def packed(rows: int) -> int:
    """Bytes that a dump of tables of so many bytes takes, about."""
    return int(rows * _PACKED)


def needs(rows: int, cluster: int, *, backups: Path | None, servers: Path | None, thin: bool) -> list[Need]:
    """*rows*: bytes of the tables to copy; *cluster*: with their indexes. None: not kept, or not to be asked.

    *thin*: the served copy shares its blocks with the snapshot.
    """
    found = []
    if backups is not None:
        found.append(Need(backups, packed(rows), "the backup"))
    if servers is not None:
        what = "the snapshot" if thin else "the snapshot and the served copy"
        found.append(Need(servers, (1 if thin else 2) * (cluster + _EMPTY_CLUSTER), what))
    return found


def spaces(wanted: Sequence[Need]) -> list[Space]:
    """The needs of one file system together. A folder that is not there yet counts as its nearest parent."""
    by_device: dict[int, list[Need]] = {}
    for need in wanted:
        by_device.setdefault(_existing(need.folder).stat().st_dev, []).append(need)
    return [
        Space(
            group[0].folder,
            sum(need.bytes for need in group),
            shutil.disk_usage(_existing(group[0].folder)).free,
            " with ".join(need.what for need in group),
        )
        for group in by_device.values()
    ]


def servers_disk(engine: Engine, home: Home) -> Path | None:
    """The folder whose disk the data directories of *engine* fill; None where it cannot be asked."""
    if engine.name == "server":
        return None
    return home.engine if engine.name == "embedded" else docker_root()


def docker_root() -> Path | None:
    """Where a Docker engine of this machine keeps its volumes; None for another machine's or one that is silent."""
    from stagecopy.staging.docker_client import connect, docker_errors

    try:
        client = connect()
        with docker_errors("asking for its folder"):
            root = Path(str(client.info().get("DockerRootDir") or ""))
            local = str(client.api.base_url).startswith("http+docker")
        client.close()
    except StagingError:
        return None
    return root if local and root.is_dir() else None


def shown(count: float) -> str:
    """Bytes for people: ``1.5 GB``."""
    for unit in _UNITS:
        if count < 1000 or unit == _UNITS[-1]:
            return f"{count:.0f} {unit}" if unit in ("B", "kB") else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())
