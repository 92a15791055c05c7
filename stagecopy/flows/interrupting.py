"""Kills the deployment after each of its statements, on clones of its own, and starts it again on what is left.

Surprising: a clone on which nothing is left (an open transaction was rolled back) is as good as new, and serves for the
next kill; so a file that is one transaction costs one clone, not one a statement. What runs CONCURRENTLY is killed in
the middle too, where it leaves half of its work: a session that keeps an old snapshot makes it wait there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

from stagecopy.errors import UsageError
from stagecopy.flows.difference import difference_of
from stagecopy.flows.performing import perform
from stagecopy.flows.scripting import needs_psql
from stagecopy.flows.stage import Deployed, Stage, connected, further_clone
from stagecopy.model.interruption import Interruption, Interruptions
from stagecopy.model.migration import Migration
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.sessions import end_sessions
from stagecopy.trial.again import unlike
from stagecopy.trial.ambush import Ambush, is_concurrent
from stagecopy.trial.rollback import unrestored
from stagecopy.trial.running import run_migration
from stagecopy.trial.transactions import in_mode

MOST = 50  # statements after which it is killed; more take too long to be worth it


@dataclass(frozen=True, slots=True)
class Kill:
    """After how many statements, and whether in the middle of the next one."""

    after: int
    during: bool = False


def check_interruptible(migration: Migration) -> None:
    """Refuse what is no list of statements. Raises UsageError."""
    if not migration.command and not needs_psql(migration.files):
        return
    who = "a command" if migration.command else "psql, which these files need,"
    message = f"--interrupt ends a migration after a given statement, and {who} sends the next one before we know"
    instead = "the SQL that it sends (alembic upgrade --sql, say)" if migration.command else "it without meta-commands"
    raise UsageError("usage", message, hint=f"put {instead} into a file and try that, or leave --interrupt out")


def interrupted(stage: Stage, deployed: Deployed, *, wanted: bool) -> Interruptions | None:
    """Kill and start again after each statement. None: not wanted, or the migration fails without being killed."""
    if not wanted or not deployed.whole:
        return None
    kills = list(_kills(deployed))
    deadline = time.monotonic() + stage.work.project.settings.trial.time_budget
    tried: list[Interruption] = []
    with _Clones(stage) as clones:
        for kill in kills:
            if kill.after > MOST or time.monotonic() > deadline:
                why = f"it was killed after {len(tried)} of {len(kills)} statements only: more take too long"
                return Interruptions(tuple(tried), why)
            tried += _tried(clones, deployed, kill)
    return Interruptions(tuple(tried))


def _kills(deployed: Deployed) -> Iterator[Kill]:
    statements = deployed.run.statements
    for each in statements:
        if is_concurrent(each.sql):
            yield Kill(each.n - 1, during=True)
        if each.n < len(statements):
            yield Kill(each.n)


class _Clones:
    """The clone to be changed next: the last one if nothing was left on it, else a new one."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._current: Stage | None = None
        self._stack = ExitStack()
        self._made = 0

    def __enter__(self) -> _Clones:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def stage(self) -> Stage:
        """Where the next one runs."""
        if self._current is None:
            self._stack.close()
            self._made += 1
            self._current = self._stack.enter_context(further_clone(self._stage, f"kill-{self._made}"))
        return self._current

    def spoil(self) -> None:
        """It is not as it was."""
        self._current = None


def _tried(clones: _Clones, deployed: Deployed, kill: Kill) -> Iterator[Interruption]:
    stage = clones.stage()
    if not _killed(stage, deployed.migration, kill):
        clones.spoil()
        return
    difference = difference_of(stage)
    left = tuple(each.message for each in unrestored(difference))
    during = kill.after + 1 if kill.during else None
    if difference.schema or difference.sequences or any(each.touched for each in difference.tables):
        clones.spoil()
        yield _again(stage, deployed, Interruption(kill.after, during, left, "works"))
    else:
        yield Interruption(kill.after, during, (), "works")  # it is as before, where the migration did run


def _again(stage: Stage, deployed: Deployed, found: Interruption) -> Interruption:
    run, _ = perform(stage, deployed.migration)
    if run.error is not None:
        return replace(found, rerun="fails", error=run.error)
    why = unlike(deployed.difference, difference_of(stage))
    return replace(found, rerun="differs", differences=why) if why else found


def _killed(stage: Stage, migration: Migration, kill: Kill) -> bool:
    """Run it until it is killed. False: it ended before the kill came."""
    settings = stage.work.project.settings.trial
    files = in_mode(migration.files, settings.transaction)
    with ExitStack() as stack:
        observer = stack.enter_context(closing(connect_staging(stage.pair.after)))
        connection = stack.enter_context(closing(connected(stage.login)))
        process = connection.info.backend_pid
        ambush = stack.enter_context(Ambush(stage.pair.after, process)) if kill.during else None

        def strike(ran: int) -> None:
            if ran == kill.after and ambush is None:
                end_sessions(observer, [process])
            elif ran == kill.after and ambush is not None:
                ambush.lie_in_wait()

        run = run_migration(connection, observer, files, time_budget=settings.time_budget, strike=strike)
    # Only now: the deployment may learn of its end before the ambush knows that it struck.
    return run.error is not None and len(run.statements) == kill.after + 1 and (ambush is None or ambush.struck)
