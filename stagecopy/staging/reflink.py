"""Files that share blocks until one of them is written to: whether a file system can do it, and copying that way.

Surprising: nothing is looked up by the file system's name. XFS, btrfs, bcachefs and APFS can do it or not, depending
on how they were made; doing it once with a small file is what tells.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from stagecopy import process
from stagecopy.errors import StagingError
from stagecopy.files import remove_tree
from stagecopy.model.trial import CloneMethod
from stagecopy.process import Identity
from stagecopy.staging.mark import sweep

_THIN = {"linux": ["cp", "-a", "--reflink=always"], "darwin": ["cp", "-a", "-c"]}
_PLAIN = {"linux": ["cp", "-a", "--reflink=auto"], "darwin": ["cp", "-a", "-c"]}


def reflinks(folder: Path) -> bool:
    """Whether files in *folder* can share blocks, found by doing it there."""
    copier = _THIN.get(sys.platform)
    if copier is None or not folder.is_dir() or not os.access(folder, os.W_OK):
        return False
    sweep(folder)  # what a process killed right here has left
    probe = Path(tempfile.mkdtemp(dir=folder, prefix=f".part-{os.getpid()}-"))
    try:
        (probe / "one").write_bytes(b"x" * 8192)
        return process.run([*copier, "one", "two"], cwd=probe, check=False).code == 0
    finally:
        remove_tree(probe)


def copy_tree(source: Path, target: Path, *, cwd: Path, identity: Identity | None, thin: bool) -> CloneMethod:
    """Copy a folder, sharing blocks if *thin* and possible; returns how it was done. Raises ProcessError.

    *cwd* must be the copy's own folder: that is how a copier left by a killed run is found and ended.
    """
    if thin:
        copier = _THIN.get(sys.platform, ["false"])
        if process.run([*copier, source, target], cwd=cwd, identity=identity, check=False).code == 0:
            return "reflink"
        remove_tree(target)
    process.run([*_PLAIN.get(sys.platform, ["cp", "-a"]), source, target], cwd=cwd, identity=identity)
    return "copy"


def room(folder: Path) -> int:
    """Bytes an ordinary user may still write there."""
    try:
        found = os.statvfs(folder)
    except OSError as failure:
        raise StagingError("disk-full", f"cannot see how much room {folder} has: {failure.strerror}") from failure
    return found.f_bavail * found.f_frsize
