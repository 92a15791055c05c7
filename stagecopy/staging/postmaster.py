"""Which process serves a data directory.

Surprising: postmaster.pid may name a process that is long gone, or a stranger who got its number since. PostgreSQL
makes the data directory its working directory, and that is what tells.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from stagecopy import process
from stagecopy.errors import StagingError

_PROC = Path("/proc")
_PROGRAMS = ("postgres", "initdb", "pg_ctl", "cp")
_ORPHANS_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A living server: its process and the port it was told to listen on."""

    pid: int
    port: int


def postmaster(data: Path) -> Postmaster | None:
    """The living server on *data*, or None. A file that is still being written counts as not running."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        found = Postmaster(abs(int(lines[0])), int(lines[3]))
    except (FileNotFoundError, NotADirectoryError, ValueError, IndexError):
        return None
    return found if _serves(found.pid, data) else None


def wait_for_end(data: Path, seconds: float) -> None:
    """Wait until no server is on *data*; pg_ctl looks ten times a second only. Raises StagingError ``not-stopped``."""
    end = time.monotonic() + seconds
    while postmaster(data):
        if time.monotonic() > end:
            raise StagingError("not-stopped", f"the server on {data.parent.name} did not stop within {seconds:g} s")
        time.sleep(0.01)


def clear_stale(data: Path) -> None:
    """Remove the pid file of a dead server, after its last children have gone (they still share its memory)."""
    end = time.monotonic() + _ORPHANS_SECONDS
    while _working_in(data) and time.monotonic() < end:
        time.sleep(0.05)
    if not _working_in(data):
        (data / "postmaster.pid").unlink(missing_ok=True)


def end_all(folder: Path) -> None:
    """Kill what still works inside *folder*: a server that does not answer, or children of a killed run of ours."""
    end = time.monotonic() + _ORPHANS_SECONDS
    while (left := _working_in(folder)) and time.monotonic() < end:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)


def _serves(pid: int, data: Path) -> bool:
    if _PROC.is_dir():
        return _working_folder(pid) == data.resolve()
    shown = process.run(["ps", "-o", "command=", "-p", str(pid)], check=False).stdout.decode("utf-8", "replace")
    return "postgres" in shown and str(data) in shown


def _working_in(folder: Path) -> list[int]:
    """PostgreSQL's and cp's processes whose working directory is *folder* or below. Linux only: elsewhere none."""
    inside = folder.resolve()
    found = []
    for entry in _PROC.iterdir() if _PROC.is_dir() else []:
        if entry.name.isdecimal() and (where := _working_folder(int(entry.name))) and where.is_relative_to(inside):
            found.append(int(entry.name))
    return [pid for pid in found if _program(pid) in _PROGRAMS]


def _working_folder(pid: int) -> Path | None:
    try:
        return (_PROC / str(pid) / "cwd").readlink()  # unreadable for a zombie and for other users' processes
    except OSError:
        return None


def _program(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
