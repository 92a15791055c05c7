"""Runs a migration on the clone that is changed, whatever it comes as, and watches what else it did there.

Surprising: it is logged in as an ordinary role of production (design: never a superuser unless named), and with
production's own settings, so that search_path and time zone decide here what they will decide there.
"""

from __future__ import annotations

import secrets
from contextlib import closing
from dataclasses import replace

from psycopg import sql

from stagecopy.errors import UsageError
from stagecopy.flows.commands import perform_command
from stagecopy.flows.scripting import needs_psql, perform_script
from stagecopy.flows.stage import Stage, connected
from stagecopy.model.effects import Effects
from stagecopy.model.migration import Migration, MigrationRun
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.redact import remember
from stagecopy.staging.engine import ADMIN, Engine
from stagecopy.staging.server_engine import shared
from stagecopy.trial.effects import EffectsWatch
from stagecopy.trial.locks import LockWatch
from stagecopy.trial.running import run_migration
from stagecopy.trial.transactions import in_mode

__all__ = ["Stage", "check", "connected", "database_size", "let_in", "perform"]


def check(migration: Migration) -> None:
    """Refuse what cannot be run, before anything is cloned. Raises UsageError."""
    needs_psql(migration.files)


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
            with LockWatch(stage.pair.after, besides=[observer.info.backend_pid]) as locks:
                sha256, look = migration.sha256, locks.look
                run = run_migration(connection, observer, files, time_budget=budget, sha256=sha256, look=look)
            run = replace(run, locks=locks.told(run.statements), skipped=migration.skipped)
        return run, watch.effects()


def let_in(after: Address, role: str, engine: Engine) -> Address:
    """Give *role* a way to log in to the clone that is changed. Raises UsageError ``no-such-role``."""
    server = shared(engine)
    if server:
        return server.let_in(after, role)
    password = secrets.token_urlsafe(18)
    remember(password)
    with connect_staging(after) as connection, staging_errors("letting the trial role in"):
        known = connection.execute("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s", (role,)).fetchone()
        if known is None or role == ADMIN or role.startswith("pg_"):
            raise UsageError(
                "no-such-role",
                f"there is no role {role!r} in the snapshot",
                hint="name a role of production with --role or trial.role",
            )
        statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {} VALID UNTIL 'infinity'")
        connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))
    return after.to(user=role, password=password)


def database_size(address: Address) -> int:
    """Bytes on disk of the database under test."""
    with connect_staging(address) as connection, staging_errors("measuring the clone"):
        row = connection.execute("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())").fetchone()
    return int(row[0]) if row else 0
