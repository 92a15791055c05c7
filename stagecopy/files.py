"""Files that are whole or not there at all, and locks that die with their process."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stagecopy.errors import UsageError


def write_whole(path: Path, content: bytes | str, *, mode: int = 0o600) -> None:
    """Write *content* beside *path*, sync it, rename it into place and sync the folder."""
    data = content.encode() if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def check_writable(path: Path, *, new: str | None = None) -> Path:
    """*path*, where a file may be written on somebody's word. Raises UsageError, before any work is done for it.

    *new*: it must not be there yet; what to do if it is.
    """
    if new is not None and path.exists():
        raise UsageError("file-exists", f"{path} exists and is not overwritten", hint=new, where=str(path))
    if not path.parent.is_dir():
        raise UsageError("no-such-file", f"there is no folder {path.parent}", where=str(path.parent))
    if path.is_dir():
        raise UsageError("not-writable", f"{path} is a folder", where=str(path))
    if not os.access(path.parent, os.W_OK):
        raise UsageError("not-writable", f"{path.parent} cannot be written to", where=str(path.parent))
    return path


def write_json(path: Path, document: Any, *, mode: int = 0o600) -> None:
    """Write *document* as JSON, whole or not at all."""
    write_whole(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n", mode=mode)


def read_json(path: Path) -> Any:
    """Return the document in *path*, or None when there is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def sync_folder(folder: Path) -> None:
    """Flush a folder's own entries to disk, so that a rename inside it survives a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def private_folder(path: Path, *, mode: int = 0o700) -> Path:
    """Make *path* (and missing parents) if need be, with *mode*; an existing parent's mode is never changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_dir():
        path.mkdir(mode=mode)
        path.chmod(mode)
    return path


def remove_tree(path: Path) -> None:
    """Remove a folder and all in it; one that is gone already is fine."""
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


@contextmanager
def locked(path: Path, *, wait: bool, shared: bool = False) -> Iterator[bool]:
    """Hold a lock on *path* (exclusive unless *shared*); the kernel frees it when the process dies, however it dies.

    Yields whether the lock was got: always True with *wait*, possibly False without.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(handle)


def is_locked(path: Path) -> bool:
    """Whether some living process holds the lock on *path*."""
    if not path.exists():
        return False
    with locked(path, wait=False) as got:
        return not got
