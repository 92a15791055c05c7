"""The story of `backup verify --prove`: restored raw and whole in a server made for it, counted, thrown away.

Surprising: this is the only place where production's raw rows are in a server of ours. Nothing serves it, nothing
outside reaches it, and it is destroyed whatever happens. Code of production's runs there while indexes are built; so
no role of production's is a superuser there. That the backup cannot be restored here (an extension this machine lacks)
does not make it damaged; other rows than its manifest says do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from stagecopy.backups.checking import disproved, proven
from stagecopy.backups.restoring import archive_of, counted, restore
from stagecopy.errors import StagingError
from stagecopy.files import private_folder, remove_tree
from stagecopy.flows.programs import programs_for
from stagecopy.flows.workplace import Workplace, choose_engine
from stagecopy.history.runs import Run
from stagecopy.model.backup import DATABASE_FACTS, Backup, Manifest
from stagecopy.model.catalog import Database
from stagecopy.model.progress import Progress
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries, ClusterSpec, ServerOptions
from stagecopy.postgres.amcheck import amcheck
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.staging.engine import ADMIN
from stagecopy.staging.load import create_database
from stagecopy.staging.server_engine import shared

_SETTINGS = {"maintenance_work_mem": "256MB", "checkpoint_timeout": "1h"}


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup in a server of ours."""

    address: Address
    tools: Binaries


def prove(work: Workplace, run: Run, backup: Backup, progress: Progress) -> Backup:
    """Restore, count, check; what came of it is written down. Raises StagingError where it could not be tried."""
    if backup.manifest is None or not backup.sound:
        return backup
    folder = Path(backup.folder)
    try:
        with restored(work, run, backup, progress) as there:
            progress.stage("verify")
            counted(backup.manifest, there.address)
            checked = _amcheck(there.address)
    except StagingError as failure:
        if failure.code != "rows-missing":
            raise
        return disproved(folder, f"restored, it is not what was backed up: {failure.where}: {failure.message}")
    return proven(folder, amcheck=checked)


@contextmanager
def restored(work: Workplace, run: Run, backup: Backup, progress: Progress) -> Iterator[Restored]:
    """*backup* in an isolated server that is gone when the block ends. Raises StagingError ``cannot-prove``."""
    manifest = backup.manifest
    assert manifest is not None  # noqa: S101 - only sound backups come here
    database = database_of(manifest)
    tools = programs_for(work, database.major)
    engine = choose_engine(work, tools, production_major=database.major).engine
    if shared(engine):
        message = "a backup is not restored raw on a server that others use"
        raise StagingError("cannot-prove", message, hint="set staging.engine: docker or embedded, on any machine")
    name, scratch = f"prove-{run.id}", private_folder(work.home.tmp / run.id)
    spec = ClusterSpec(database.encoding, database.collate, database.ctype, database.provider, database.locale)
    try:
        progress.stage("staging")
        engine.initialise(name, "clone", run=run.id, spec=spec)
        admin = engine.start(name, ServerOptions(settings=_SETTINGS, isolated=True))
        _make_roles(admin, manifest)
        create_database(admin, database, ADMIN)
        progress.stage("rows")
        address = admin.to(database=database.name)
        jobs = work.project.settings.production.jobs
        restore(backup, archive_of(backup, tools, scratch), address, jobs=jobs)
        yield Restored(address, tools)
    finally:
        engine.destroy(name)
        remove_tree(scratch)


def database_of(manifest: Manifest) -> Database:
    """The database the backup is of."""
    facts = {name: manifest.source[name] for name in DATABASE_FACTS}
    return Database(**facts, bytes=manifest.bytes, settings=(), in_recovery=False)


def _make_roles(admin: Address, manifest: Manifest) -> None:
    """Owners and grantees by name, without a login and without power."""
    with connect_staging(admin.to(database="template1")) as connection, staging_errors("making the roles"):
        for name in manifest.roles:
            if name != ADMIN and not name.startswith("pg_"):
                connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))


def _amcheck(address: Address) -> str:
    with connect_staging(address) as connection, staging_errors("checking indexes"):
        found = amcheck(connection)
    if found is None:
        return "not available"
    checked, wrong = found
    if wrong:
        raise StagingError("rows-missing", "amcheck finds the index broken", where=wrong[0])
    return f"{checked} indexes sound"
