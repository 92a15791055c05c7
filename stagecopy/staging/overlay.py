"""Clones that show a snapshot's files until they write to one: an overlay mount, where files cannot share blocks.

A clone's folder then holds ``upper`` (its own files) and ``work`` (the kernel's) beside ``data``, where both layers are
mounted over the snapshot's data directory. Surprising: PostgreSQL opens a table and its indexes for writing at the
first plan on them, and the kernel copies a file whole when it is opened that way. So a clone costs nothing at first,
and every table it looks at costs the copy of that table, once. The snapshot is never written to.

A reboot takes the mount; all is there still, and the next use of the clone mounts it again.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from stagecopy.errors import StagingError
from stagecopy.files import locked, read_json, remove_tree, write_json
from stagecopy.staging.mark import sweep
from stagecopy.staging.mounts import program, run, unmount_below

_FILE = "overlay.json"


def no_overlay() -> str:
    """Why there is none, for people, where ``overlays`` says so."""
    if not sys.platform.startswith("linux"):
        return "only Linux can lay folders over one another"
    return "only root can mount an overlay" if os.geteuid() != 0 else "no overlay can be mounted there"


def overlays(folder: Path) -> bool:
    """Whether folders in *folder* can be laid over one another, found by doing it there."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or not folder.is_dir() or not program("mount"):
        return False
    sweep(folder)  # what a process killed right here has left
    probe = Path(tempfile.mkdtemp(dir=folder, prefix=f".part-{os.getpid()}-"))
    try:
        base, clone = probe / "base", probe / "clone"
        (base / "data").mkdir(parents=True)
        (base / "data" / "file").write_bytes(b"one")
        clone.mkdir()
        lay_over(clone, base.name)
        (clone / "data" / "file").write_bytes(b"two")
        return (base / "data" / "file").read_bytes() == b"one"
    except (StagingError, OSError):
        return False
    finally:
        unmount_below(probe)
        remove_tree(probe)


def lay_over(folder: Path, base: str) -> None:
    """Make *folder*, which is new and empty, a clone of the folder *base* beside it. Raises ProcessError."""
    write_json(folder / _FILE, {"format": 1, "base": base})
    below = folder.parent / base / "data"
    (folder / "data").mkdir(mode=0o700)
    (folder / "work").mkdir(mode=0o700)
    upper = folder / "upper"  # its owner and mode are those that are seen of ``data``
    upper.mkdir(mode=0o700)
    os.chown(upper, below.stat().st_uid, below.stat().st_gid)
    shutil.copymode(below, upper)
    mount_again(folder)


def base_of(folder: Path) -> str | None:
    """The folder beside it that *folder* needs, or None when it stands by itself."""
    document = read_json(folder / _FILE)
    return str(document["base"]) if isinstance(document, dict) else None


def mount_again(folder: Path) -> None:
    """Mount it if it is such a clone and is not mounted, as after a reboot. Raises StagingError ``base-gone``."""
    base = base_of(folder)
    if base is None or os.path.ismount(folder / "data"):
        return
    if not (folder.parent / base / "data").is_dir():
        raise StagingError("base-gone", f"{folder.name} stands on {base}, which is not there", hint="make it again")
    # Relative names: the kernel takes commas and colons in them for its own, and ours have none.
    layers = f"lowerdir=../{base}/data,upperdir=upper,workdir=work"
    with locked(folder / "overlay.lock", wait=True):  # nothing may be mounted twice from the same layers
        if not os.path.ismount(folder / "data"):
            run("mount", "-t", "overlay", "-o", layers, "stagecopy", folder / "data", cwd=folder)
