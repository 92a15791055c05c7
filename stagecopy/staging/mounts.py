"""What is mounted below a folder of ours, and taking it away again.

Surprising: a tree with a mount in it cannot be removed, and trying would first delete what is seen through the mount.
So whoever removes a folder that may hold one unmounts before.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

from stagecopy import process
from stagecopy.errors import StagingError

_MOUNTS = Path("/proc/self/mountinfo")
_PLACE = 4  # the field of a line that says where
_ESCAPED = re.compile(r"\\([0-7]{3})")
_SYSTEM = "/usr/sbin:/sbin:/usr/bin:/bin"  # not on every user's PATH
_PATIENCE = 2.0  # seconds; the last process of a server that was killed may stand there for a moment yet


def program(name: str) -> str | None:
    """Where a program of the system's administrator is, or None."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SYSTEM}")


def run(name: str, *words: str | Path, cwd: Path | None = None) -> str:
    """Run such a program and return what it printed. Raises ProcessError."""
    return process.run([program(name) or name, *words], cwd=cwd).stdout.decode("utf-8", "replace").strip()


def mounts_below(folder: Path) -> list[Path]:
    """Places at or below *folder* where something is mounted, those inside others first."""
    if not _MOUNTS.exists():
        return []
    top = folder.resolve()
    lines = _MOUNTS.read_bytes().decode("utf-8", "surrogateescape").splitlines()
    places = [Path(_ESCAPED.sub(_unescaped, line.split(" ")[_PLACE])) for line in lines]
    return [place for place in reversed(places) if place.is_relative_to(top)]


def unmount_below(folder: Path) -> None:
    """Unmount all of it. What somebody stands in is detached, and ends when they leave."""
    for place in mounts_below(folder):
        end = time.monotonic() + _PATIENCE
        while place in mounts_below(folder):  # somebody else may take it away meanwhile
            late = time.monotonic() >= end
            try:
                run("umount", *(["-l"] if late else []), place)
            except StagingError:
                if late and place in mounts_below(folder):
                    raise
                time.sleep(0.05)


def _unescaped(found: re.Match[str]) -> str:
    return os.fsdecode(bytes([int(found[1], 8)]))
