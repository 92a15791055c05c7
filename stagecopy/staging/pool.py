"""The pool: a file system of our own that can share blocks, where the machine's own cannot.

A sparse file STAGECOPY_HOME/pool.img, formatted as XFS and loop-mounted at STAGECOPY_HOME/pool, holds the data
directories of new snapshots. Surprising: whatever keeps it from being made is no failure. Clones are then copies, and
the reason is kept for those who ask (`Pool.why`).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from stagecopy.errors import StagingError
from stagecopy.files import locked, private_folder, read_json, write_json
from stagecopy.home import Home
from stagecopy.staging.mounts import program, run
from stagecopy.staging.reflink import reflinks, room

_MARK = "stagecopy-pool.json"
_LEAST_ROOM = 2 << 30  # below, the pool would take from a disk that is nearly full
_LEAST_SIZE = 512 << 20  # mkfs.xfs makes none below 300 MB
_SHARE = 0.9  # of the disk's free room; the rest is kept, because a full disk under a mounted file system loses data
_GROWTH = 1.25  # smaller steps are not worth it
_PATIENCE = 2.0  # seconds
_SCARCE = 0.2  # free share of the pool below which it is grown before use
_PROGRAMS = {"mkfs.xfs": "xfsprogs", "xfs_growfs": "xfsprogs", "mount": "mount", "losetup": "mount"}


@dataclass(frozen=True, slots=True)
class Pool:
    """Where new data directories go (None: the engine's usual place), where older ones may be, and why so."""

    folder: Path | None = None
    others: tuple[Path, ...] = ()
    why: str = "no pool was asked for"
    better: str | None = None  # what to do for thin clones

    def places(self, usual: Path) -> tuple[Path, ...]:
        """Folders of the embedded engine's data directories; new ones go to the first."""
        pools = tuple(folder / "engine" for folder in (self.folder, *self.others) if folder)
        return (*pools, usual) if self.folder else (usual, *pools)


NO_POOL = Pool()


def make_pool(home: Home, wanted: str, given: Path) -> Pool:
    """The pool for a new snapshot, made on first use. *wanted*: ``auto``, ``none``, else *given* is the folder."""
    with _alone(home):
        known = _known(home)
        if wanted == "none":
            chosen = Pool(None, (), "staging.pool is none", "set staging.pool: auto")
        elif wanted == "auto":
            chosen = _automatic(home)
        else:
            folder = private_folder(given / f"stagecopy-{home.project}", mode=0o711)
            known = tuple(dict.fromkeys((folder, *known)))
            chosen = Pool(folder, (), f"staging.pool is {given}")
        document = {
            "format": 1,
            "use": str(chosen.folder) if chosen.folder else None,
            "folders": [str(folder) for folder in known if folder != _mount_point(home)],
            "why": chosen.why,
            "better": chosen.better,
        }
        write_json(home.path / "pool.json", document)
    return find_pool(home)


def find_pool(home: Home) -> Pool:
    """The pool that was made before; mounted again when a reboot has taken the mount, grown when it gets full."""
    document = read_json(home.path / "pool.json")
    if document is None:
        return NO_POOL
    with _alone(home):
        image = _image(home)
        if image.exists():
            if not _is_mounted(home):
                _mount(home)
            if room(_mount_point(home)) < _SCARCE * image.stat().st_size:
                _grow(home)
        known = _known(home)
    used = Path(document["use"]) if document["use"] else None
    return Pool(used, tuple(each for each in known if each != used), document["why"], document["better"])


def remove_pool(home: Home) -> None:
    """Unmount and remove it, after everything in it has been destroyed."""
    with _alone(home):
        for folder in _known(home):
            if folder != _mount_point(home):
                _remove_empty(folder)
        _unmount(home)
        _image(home).unlink(missing_ok=True)
        _unfinished(home).unlink(missing_ok=True)
        with suppress(OSError):
            _mount_point(home).rmdir()
        (home.path / "pool.json").unlink(missing_ok=True)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    with locked(home.lock("pool"), wait=True):
        yield


def _mount_point(home: Home) -> Path:
    return home.path / "pool"


def _image(home: Home) -> Path:
    return home.path / "pool.img"


def _unfinished(home: Home) -> Path:
    return home.path / "pool.img.part"


def _known(home: Home) -> tuple[Path, ...]:
    """Every folder that may hold data directories of ours."""
    document = read_json(home.path / "pool.json") or {"folders": []}
    folders = tuple(Path(each) for each in document["folders"])
    return (_mount_point(home), *folders) if _image(home).exists() else folders


def _automatic(home: Home) -> Pool:
    if not _image(home).exists():
        if reflinks(home.engine):
            return Pool(None, (), f"the file system of {home.engine} shares blocks")
        if obstacle := _obstacle(home):
            return obstacle
        try:
            _make(home)
        except (StagingError, OSError) as failure:
            _discard(home)
            reason = str(failure).splitlines()[0]
            return Pool(None, (), f"a pool could not be made: {reason}", "put STAGECOPY_HOME on XFS or btrfs")
    elif not _is_mounted(home):
        _mount(home)
    _grow(home)
    return Pool(_mount_point(home), (), f"XFS in {_image(home)}, mounted at {_mount_point(home)}")


def _obstacle(home: Home) -> Pool | None:
    """What speaks against even trying."""
    elsewhere = "put STAGECOPY_HOME, or the folder named by staging.pool, on XFS or btrfs"
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return Pool(None, (), f"the file system of {home.path} cannot share blocks, only root can mount one", elsewhere)
    missing = [each for each in _PROGRAMS if program(each) is None]
    if missing:
        install = " ".join(sorted({_PROGRAMS[each] for each in missing}))
        return Pool(None, (), f"{', '.join(missing)} not found", f"apt-get install {install}")
    if room(home.path) < _LEAST_ROOM:
        return Pool(None, (), f"less than {_LEAST_ROOM >> 30} GB are free below {home.path}", "free some space")
    return None


def _make(home: Home) -> None:
    part = _unfinished(home)
    part.unlink(missing_ok=True)
    with part.open("xb") as stream:
        part.chmod(0o600)
        stream.truncate(max(_LEAST_SIZE, int(room(home.path) * _SHARE)))
    run("mkfs.xfs", "-q", "-f", "-m", "reflink=1", "-l", "size=64m", part)
    part.rename(_image(home))
    _mount(home)
    if not reflinks(_mount_point(home)):
        raise StagingError("child-failed", "the XFS of this machine cannot share blocks")


def _discard(home: Home) -> None:
    _unmount(home)
    for path in (_image(home), _unfinished(home)):
        path.unlink(missing_ok=True)


def _mount(home: Home) -> None:
    """Mount the image. ``loop`` lets the kernel end the loop device with the mount, whoever unmounts it."""
    folder = private_folder(_mount_point(home), mode=0o711)
    if os.path.ismount(folder) and not _unmount(home):
        raise StagingError("not-ours", f"what is mounted at {folder} is not the pool, so it is not touched")
    end = time.monotonic() + _PATIENCE
    while not os.path.ismount(folder):
        try:
            run("mount", "-o", "loop,noatime,discard", _image(home), folder)
        except StagingError:  # perhaps the child of a killed run of ours is just doing it
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
    folder.chmod(0o711)
    if read_json(folder / _MARK) is None:
        write_json(folder / _MARK, {"format": 1, "project": home.project})


def _is_mounted(home: Home) -> bool:
    """Whether our image, not another or a deleted one, is mounted there and can be read."""
    folder = _mount_point(home)
    try:
        mark = read_json(folder / _MARK) if os.path.ismount(folder) else None
    except OSError:  # a file system that was shut down
        return False
    return isinstance(mark, dict) and mark.get("project") == home.project and _backing(folder) == _image(home).resolve()


def _device(folder: Path) -> Path:
    number = folder.stat().st_dev
    return Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")


def _backing(folder: Path) -> Path | None:
    """The file behind a loop mount; a deleted one has `` (deleted)`` in its name."""
    try:
        return Path((_device(folder) / "loop/backing_file").read_text(encoding="utf-8").rstrip("\n"))
    except OSError:
        return None


def _unmount(home: Home) -> bool:
    """Unmount the pool, also one gone bad or without its file. Returns False when something else is mounted there."""
    folder = _mount_point(home)
    while os.path.ismount(folder):
        if str(_backing(folder)).removesuffix(" (deleted)") != str(_image(home).resolve()):
            return False
        try:
            run("umount", folder)
        except StagingError:
            run("umount", "-l", folder)  # somebody stands in it; it ends when they leave
    return True


def _grow(home: Home) -> None:
    """Let it become as large as the disk allows; the file is sparse, so this takes nothing yet."""
    image, folder = _image(home), _mount_point(home)
    now = image.stat()
    size = now.st_blocks * 512 + int(room(home.path) * _SHARE)
    if size < _GROWTH * now.st_size:
        return
    os.truncate(image, size)
    run("losetup", "-c", Path("/dev") / _device(folder).resolve().name)
    run("xfs_growfs", "-d", folder)


def _remove_empty(folder: Path) -> None:
    """Folders of ours in a place of the user's: gone when nothing is in them."""
    for each in (folder / "engine", folder / "docker", folder / "bin", folder):
        with suppress(OSError):
            each.rmdir()
