"""Folders for the sockets of isolated servers: of this machine, or of the one that ssh leads to.

Surprising: code inside a container may write where its socket lies, and could put a link there that leads us to another
server. So the socket is moved, before anything else runs in the server, to a folder that the container never sees.
"""

from __future__ import annotations

import hashlib
import stat
from functools import cached_property
from pathlib import Path
from typing import Protocol

from stagecopy.errors import StagingError
from stagecopy.files import private_folder, remove_tree
from stagecopy.staging.ssh_link import Link

SOCKET = ".s.PGSQL.5432"
_LONGEST = 107 - len(f"/0123456789/{SOCKET}")  # of the folder of all sockets: the kernel's limit is 107 bytes
_BASE = ".stagecopy-sockets"  # in the home over there, which also an engine that sees little else sees
_HOME = 'printf %s "$HOME"'
# The folder of all sockets goes with the last one in it, also while another process makes one.
_FRESH = """umask 077; rm -rf -- "$1"; mkdir -p -- "$1/in" || mkdir -p -- "$1/in" && chmod 777 "$1/in" """
_REMOVE = 'rm -rf -- "$1"; rmdir -- "${1%/*}" 2>/dev/null; :'
_OUT = f"""cd -- "$1" || exit 1
if [ ! -e {SOCKET} ] && [ ! -L {SOCKET} ]; then mv in/{SOCKET} {SOCKET} 2>/dev/null || exit 4; chmod 700 in; fi
if [ -S {SOCKET} ] && [ ! -L {SOCKET} ]; then exit 0; fi
rm -f -- {SOCKET}; exit 3"""
_NOT_YET, _NO_SOCKET = 4, 3


class Folders(Protocol):
    """One folder for each container, in it one that the container sees."""

    @property
    def where(self) -> str:
        """The folder of them all."""

    def fits(self) -> bool:
        """Whether the path of a socket in it is short enough."""

    def fresh(self, name: str) -> str:
        """An empty folder of ours; returns the one inside that the image's postgres, whoever it is, may write to."""

    def remove(self, name: str) -> None:
        """Remove the folder of the container *name*; nothing there: nothing to do."""

    def bring_out(self, inside: str) -> Path:
        """Move the socket out of the container's sight, once; returns the folder here in which it is (or will be)."""


class Here:
    """Folders of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.where = str(folder)

    def fits(self) -> bool:
        """See Folders."""
        return len(self.where.encode()) <= _LONGEST

    def fresh(self, name: str) -> str:
        """See Folders."""
        folder = self._folder / hashed(name)
        remove_tree(folder)
        private_folder(folder.parent)  # 0700: keeps everybody else of this machine out
        private_folder(folder)
        return str(private_folder(folder / "in", mode=0o777))

    def remove(self, name: str) -> None:
        """See Folders."""
        remove_tree(self._folder / hashed(name))

    def bring_out(self, inside: str) -> Path:
        """See Folders."""
        folder = Path(inside).parent
        ours, theirs = folder / SOCKET, folder / "in" / SOCKET
        if ours.is_symlink() or ours.exists() or not (theirs.is_symlink() or theirs.exists()):
            return folder
        theirs.rename(ours)
        if not stat.S_ISSOCK(ours.lstat().st_mode):
            ours.unlink()
            raise _no_socket(str(folder))
        (folder / "in").chmod(0o700)
        return folder


class There:
    """Folders in the home over there; their sockets are led here by ssh."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @cached_property
    def where(self) -> str:
        """See Folders."""
        return f"{self._link.run(_HOME).stdout.decode('utf-8', 'replace').rstrip('/')}/{_BASE}"

    def fits(self) -> bool:
        """See Folders."""
        return self.where.startswith("/") and len(self.where.encode()) <= _LONGEST

    def fresh(self, name: str) -> str:
        """See Folders."""
        folder = f"{self.where}/{hashed(name)}"
        done = self._link.run(_FRESH, folder)
        if done.code != 0:
            raise StagingError("ssh-failed", f"cannot make {folder} on {self._link.target.typed}: {done.tail}")
        return f"{folder}/in"

    def remove(self, name: str) -> None:
        """See Folders."""
        here = self._link.folder / hashed(name)
        if here.exists():
            self._link.cancel(here / SOCKET, f"{self.where}/{here.name}/{SOCKET}")
            remove_tree(here)
        self._link.run(_REMOVE, f"{self.where}/{hashed(name)}")

    def bring_out(self, inside: str) -> Path:
        """See Folders."""
        folder = inside.rpartition("/")[0]
        here = self._link.folder / folder.rpartition("/")[2]
        if here.exists():
            return here
        code = self._link.run(_OUT, folder).code
        if code == _NO_SOCKET:
            raise _no_socket(folder)
        if code == 0:
            here.mkdir(mode=0o700)
            self._link.forward(here / SOCKET, f"{folder}/{SOCKET}")
        return here


def hashed(name: str) -> str:
    """A short name for a container's folder."""
    return hashlib.sha256(name.encode()).hexdigest()[:10]


def _no_socket(folder: str) -> StagingError:
    return StagingError("start-failed", f"what lies in {folder} for a socket is none, so it is not used")
