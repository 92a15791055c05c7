"""Runs a migration on the clone that is changed, whatever it comes as, and watches what else it did there.

Surprising: it is logged in as an ordinary role of production (design: never a superuser unless named), and with
production's own settings, so that search_path and time zone decide here what they will decide there.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from stagecopy.flows.commands import perform_command
from stagecopy.flows.scripting import needs_psql, perform_script
from stagecopy.flows.stage import Stage, connected
from stagecopy.model.effects import Effects
from stagecopy.model.migration import Migration, MigrationRun
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.trial.beside import watched
from stagecopy.trial.effects import EffectsWatch
from stagecopy.trial.running import run_migration
from stagecopy.trial.transactions import in_mode

__all__ = ["Stage", "connected", "database_size", "perform"]


def perform(stage: Stage, migration: Migration) -> tuple[MigrationRun, Effects]:
    """Run *migration* to its end or to its first error, and tell what else happened beside its own statements."""
    settings = stage.work.project.settings.trial
    if migration.command:
        return perform_command(stage, migration.command)
    files, budget = in_mode(migration.files, settings.transaction), settings.time_budget
    if needs_psql(files):
        return perform_script(stage, replace(migration, files=files))
    # closed without a COMMIT: the server may be gone, and what the migration left open is rolled back
    with closing(connect_staging(stage.pair.after)) as observer:
        with closing(connected(stage.login)) as connection:
            watch = EffectsWatch(observer, connection, files)
            with watched(stage.pair.after, observer) as beside:
                look = beside.locks.look
                run = run_migration(connection, observer, files, time_budget=budget, look=look, costs=True)
        effects = watch.effects()
        run = beside.told(replace(run, skipped=migration.skipped), effects, lock_slots=stage.lock_slots)
        return run, effects


def database_size(address: Address) -> int:
    """Bytes on disk of the database under test."""
    with connect_staging(address) as connection, staging_errors("measuring the clone"):
        row = connection.execute("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())").fetchone()
    return int(row[0]) if row else 0
