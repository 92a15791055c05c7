"""Where a migration runs, whatever it comes as, and what it did there.

Surprising: the role that a migration runs as is not always the one that logs in. On a server that others use too, each
clone has a login of its own, which begins as that role.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from stagecopy.errors import StagingError, UsageError
from stagecopy.flows.pair import Pair, one_more
from stagecopy.flows.workplace import Workplace
from stagecopy.history.runs import Run
from stagecopy.model.change import Difference
from stagecopy.model.migration import Migration, MigrationRun
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging, reach, staging_errors
from stagecopy.postgres.failures import describe
from stagecopy.redact import remember
from stagecopy.staging.engine import ADMIN, Engine
from stagecopy.staging.server_engine import shared
from stagecopy.staging.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a migration runs: the pair of clones, and *login*, the way into the one that is changed, as *role*."""

    work: Workplace
    run: Run
    snapshot: Snapshot
    engine: Engine
    pair: Pair
    role: str
    login: Address

    @property
    def lock_slots(self) -> int | None:
        """What production's lock table is sure to hold; None where the snapshot's version did not write that down."""
        found = self.snapshot.source.get("lock_slots")
        return found if isinstance(found, int) else None


@dataclass(frozen=True, slots=True)
class Deployed:
    """A migration as it ran on a stage, and what it did."""

    migration: Migration
    run: MigrationRun
    difference: Difference

    @property
    def whole(self) -> bool:
        """Whether it ran to its end, and left nothing open."""
        return self.run.error is None and not self.run.left_open

    @property
    def source(self) -> str:
        """Which migration it was, in words."""
        command = self.migration.command
        return ", ".join(each.name for each in self.migration.files) or " ".join(command.argv if command else ())


@contextmanager
def further_clone(stage: Stage, purpose: str) -> Iterator[Stage]:
    """*stage* with one more clone to be changed, which goes at the end, and a login of its own as the same role."""
    with one_more(stage.pair, stage.snapshot, stage.engine, run=stage.run.id, purpose=purpose) as pair:
        yield replace(stage, pair=pair, login=let_in(pair.after, stage.role, stage.engine))


def connected(login: Address) -> Connection:
    """A session as a migration has it. Raises StagingError ``staging-unreachable``."""
    try:
        # no pinned settings here: the migration must see production's own (search_path, time zone …)
        return psycopg.connect(application_name="stagecopy-trial", autocommit=True, **reach(login))
    except psycopg.Error as failure:
        raise StagingError("staging-unreachable", f"cannot log in as {login.user}: {describe(failure)}") from None


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
