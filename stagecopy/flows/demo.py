"""The story of `stagecopy demo`: a production of our own, a masked copy, the fix that loses 565 accounts, the safe one.

Surprising: nothing is staged. "Production" is a real server with generated data; refresh and trial are the ordinary
verbs with an ordinary config file. All of it lives in one temporary folder and is gone at the end.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from psycopg import sql

from stagecopy.config.load import Project, load_project
from stagecopy.demo.generator import load
from stagecopy.demo.project import DemoProject, write_project
from stagecopy.files import remove_tree
from stagecopy.flows.refresh import RefreshOptions, refresh
from stagecopy.flows.serve import destroy
from stagecopy.flows.trial import TrialOptions, trial
from stagecopy.flows.workplace import open_workplace
from stagecopy.home import open_home
from stagecopy.model.migration import Migration, SourceFile
from stagecopy.model.progress import Progress
from stagecopy.model.refresh import RefreshResult
from stagecopy.model.server import Address
from stagecopy.model.staging import ClusterSpec, ServerOptions
from stagecopy.model.trial import TrialResult
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.staging.embedded import EmbeddedEngine

_OLDEST_MAJOR = 14  # pg_read_all_data, by which the demo's reader reads
_DATABASE, _OWNER, _READER = "bazaar_vid", "bazaar", "stagecopy_reader"
_PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class DemoSteps:
    """What happened; a step that was not reached is None."""

    refreshed: RefreshResult
    bad: TrialResult | None = None
    safe: TrialResult | None = None

    @property
    def as_promised(self) -> bool:
        """Whether the bad fix was refused and the safe one passed."""
        return self.bad is not None and self.safe is not None and (self.bad.exit, self.safe.exit) == (1, 0)


class Audience(Protocol):
    """Hears each step before it begins and sees its result when it is there."""

    def step(self, text: str, migration: Path | None = None) -> None:
        """What comes next; *migration* is the file that is about to be tried."""

    def refreshed(self, result: RefreshResult) -> None:
        """The copy is made, or failed."""

    def tried(self, result: TrialResult) -> None:
        """A trial has ended."""


def demo(environ: Mapping[str, str], progress: Progress, audience: Audience) -> DemoSteps:
    """Run the demo for *audience*. Raises StagecopyError when a server cannot be had."""
    folder = Path(tempfile.mkdtemp(prefix="stagecopy-demo-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # PostgreSQL runs as an unprivileged user and must reach its data directory
    try:
        audience.step("a production database of our own: 565 accounts of a small video-editing service")
        with _production(folder) as url:
            written = write_project(folder / "project")
            ours = {
                **environ,
                "STAGECOPY_PRODUCTION_URL": url,
                "STAGECOPY_KEY": secrets.token_hex(32),
                "STAGECOPY_HOME": str(folder / "home"),
            }
            project = load_project(written.config, ours)
            try:
                return _steps(project, written, progress, audience)
            finally:
                destroy(open_workplace(project))
    finally:
        remove_tree(folder)


def _steps(project: Project, written: DemoProject, progress: Progress, audience: Audience) -> DemoSteps:
    audience.step("refresh: copy it, masked, into staging")
    refreshed = refresh(project, RefreshOptions(), progress)
    audience.refreshed(refreshed)
    if refreshed.error is not None:
        return DemoSteps(refreshed)
    bad = _tried(project, audience, "trial: the id fix as it happened", written.bad_migration)
    safe = _tried(project, audience, "trial: the same wish, done safely", written.safe_migration)
    return DemoSteps(refreshed, bad, safe)


def _tried(project: Project, audience: Audience, text: str, migration: Path) -> TrialResult:
    audience.step(text, migration)
    result = trial(project, TrialOptions(Migration((SourceFile(migration.name, migration.read_bytes()),))))
    audience.tried(result)
    return result


@contextmanager
def _production(folder: Path) -> Iterator[str]:
    """A server with the demo's data; yields the URL of a role that may only read."""
    home = open_home(folder / _PRODUCTION, "stagecopy-demo-production")
    binaries = find(_OLDEST_MAJOR, programs=SERVER, newer=True, cache=home.binaries)
    engine = EmbeddedEngine(home.project, root=home.engine, binaries=binaries, admin_password=secrets.token_urlsafe(24))
    try:
        engine.initialise(_PRODUCTION, "served", run="demo", spec=ClusterSpec("UTF8", "C.UTF-8", "C.UTF-8"))
        yield _filled(engine.start(_PRODUCTION, ServerOptions()))
    finally:
        _end(engine)


def _end(engine: EmbeddedEngine) -> None:
    for directory in engine.directories():
        engine.destroy(directory.name)


def _filled(admin: Address) -> str:
    passwords = {name: secrets.token_urlsafe(18) for name in (_OWNER, _READER)}
    with connect_staging(admin.to(database="postgres")) as connection, staging_errors("making the demo's production"):
        for name, password in passwords.items():
            statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Literal(password)))
        connection.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(_READER)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(_DATABASE), sql.Identifier(_OWNER))
        )
    owner = admin.to(database=_DATABASE, user=_OWNER, password=passwords[_OWNER])
    with connect_staging(owner) as connection, staging_errors("filling the demo's production"):
        load(connection)
    return admin.to(database=_DATABASE, user=_READER, password=passwords[_READER]).url
