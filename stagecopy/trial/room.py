"""Builds the file system that a contained command sees: system folders, the project, and nothing of anybody's home.

Runs inside the new namespaces (see inside.py), standard library only. Surprising: the project is not copied and not
protected by asking nicely. A layer in memory lies over it: the command may write there what it likes, and it is gone
with the command.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stagecopy.trial import kernel

_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "nix", "snap")
_MIXED = ("/opt",)  # programs of everybody, but sockets too: through a layer nobody hears what is sent to them
_DEVICES = ("null", "zero", "full", "random", "urandom")
_STREAMS = {"fd": "self/fd", "stdin": "self/fd/0", "stdout": "self/fd/1", "stderr": "self/fd/2"}
# Root without rights is still the owner of these, and they reach out of every namespace.
_KERNEL = ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi")
_SECRETS = ("shadow", "gshadow", "shadow-", "gshadow-", "ssh", "ssl/private", "docker", "kubernetes", "postgresql",
            "postgresql-common", "krb5.keytab", "sudoers", "sudoers.d")  # fmt: skip
_OCTAL = re.compile(r"\\([0-7]{3})")  # how the kernel writes a space; no codec may be imported behind the old root
_OLD, _NEW = "/old", "/new"
_BASE = "/tmp"  # noqa: S108 - a folder that is there everywhere, to mount on; in our own namespace
SOCKETS = ("/tmp", "/run/postgresql")  # noqa: S108 - where clients look for a local server


@dataclass(frozen=True, slots=True)
class Room:
    """What is to be seen: *project* folders (writes go to memory), *readable* ones, and what is *hidden* in either."""

    project: Sequence[str]
    readable: Sequence[str]
    hidden: Sequence[str]
    home: str


def build(room: Room) -> None:
    """Make it and move in. Needs mount and pid namespaces of its own. Raises OSError."""
    kernel.mount("none", "/", flags=kernel.REC | kernel.SLAVE)
    kernel.mount("tmpfs", _BASE, "tmpfs", kernel.NOSUID | kernel.NODEV, options="mode=755,size=2g")
    for name in (_OLD, _NEW, "/layers"):
        Path(_BASE + name).mkdir()
    kernel.put_root_below(_BASE, _BASE + _OLD)
    kernel.mount(_NEW, _NEW, flags=kernel.BIND)
    for name in _SYSTEM:
        _system_folder(f"/{name}")
    _empty_places(room.home)
    for path in sorted(room.readable):
        _bind(path)
    _read_only()
    for path in sorted({*room.project, *(each for each in _MIXED if Path(_OLD + each).is_dir())}):
        _lay_over(path)
    for path in (*room.hidden, *(f"/etc/{name}" for name in _SECRETS)):
        _hide(path)
    _devices()
    _processes()
    kernel.change_root(_NEW)


def _system_folder(path: str) -> None:
    source = Path(_OLD + path)
    if source.is_symlink():
        Path(_NEW + path).symlink_to(source.readlink())
    elif source.is_dir():
        _bind(path)


def _empty_places(home: str) -> None:
    for path, mode in (("/tmp", 0o1777), ("/var/tmp", 0o1777), ("/run/postgresql", 0o755), (home, 0o700)):  # noqa: S108
        place = Path(_NEW + path)
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(mode)
    Path(f"{_NEW}/var/run").symlink_to("/run")


def _bind(path: str) -> None:
    """Show *path* as it is, with what is mounted below. What is gone since is not shown."""
    source, place = _OLD + path, Path(_NEW + path)
    if Path(source).is_dir():
        place.mkdir(parents=True, exist_ok=True)
    elif Path(source).exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    else:
        return
    kernel.mount(source, place, flags=kernel.BIND | kernel.REC)


def _read_only() -> None:
    """Everything that was bound until now, whatever is mounted below it too."""
    for point in _mounted_below(_NEW):
        if point != _NEW:
            kernel.make_read_only(point)


def _mounted_below(top: str) -> list[str]:
    with Path(f"{_OLD}/proc/self/mountinfo").open(encoding="utf-8", errors="surrogateescape") as lines:
        points = [_OCTAL.sub(lambda found: chr(int(found[1], 8)), line.split()[4]) for line in lines]
    return [point for point in points if point.startswith(f"{top}/")]


def _lay_over(path: str) -> None:
    """A layer in memory over *path*; where the kernel has none for us, the folder is read-only."""
    layer = Path("/layers") / str(len(os.listdir("/layers")))  # noqa: PTH208
    below, above, work = (layer / name for name in ("below", "above", "work"))
    for each in (below, above, work):
        each.mkdir(parents=True)
    kernel.mount(_OLD + path, below, flags=kernel.BIND | kernel.REC)
    shutil.copymode(below, above)
    place = Path(_NEW + path)
    place.mkdir(parents=True, exist_ok=True)
    for more in ("", ",userxattr"):
        options = f"lowerdir={below},upperdir={above},workdir={work}{more}"
        try:
            kernel.mount("overlay", place, "overlay", kernel.NOSUID | kernel.NODEV, options=options)
        except OSError:
            continue
        return
    kernel.mount(_OLD + path, place, flags=kernel.BIND)
    kernel.make_read_only(str(place))


def _hide(path: str) -> None:
    place = Path(_NEW + path)
    if place.is_dir():
        kernel.mount("tmpfs", place, "tmpfs", kernel.RDONLY | kernel.NOSUID | kernel.NODEV, options="mode=755")
    elif place.exists():
        kernel.mount(f"{_OLD}/dev/null", place, flags=kernel.BIND)


def _devices() -> None:
    folder = Path(f"{_NEW}/dev")
    (folder / "shm").mkdir(parents=True)
    (folder / "shm").chmod(0o1777)
    for name in _DEVICES:
        (folder / name).touch()
        kernel.mount(f"{_OLD}/dev/{name}", folder / name, flags=kernel.BIND)
    for name, target in _STREAMS.items():
        (folder / name).symlink_to(f"/proc/{target}")


def _processes() -> None:
    """A /proc that knows only the sandbox, without the switches of the machine."""
    folder = Path(f"{_NEW}/proc")
    folder.mkdir()
    kernel.mount("proc", folder, "proc", kernel.NOSUID | kernel.NODEV | kernel.NOEXEC)
    for name in _KERNEL:
        place = folder / name
        if place.exists():
            kernel.mount(str(place), place, flags=kernel.BIND | kernel.REC)
            kernel.make_read_only(str(place))
