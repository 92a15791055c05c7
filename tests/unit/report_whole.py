"""A trial of which everything was asked, with bad news in each part, for the tests of reports."""

from __future__ import annotations

from dataclasses import replace

from stagecopy.model.application import Application, BrokenQuery, FlippedQuery, Query
from stagecopy.model.change import SequenceChange
from stagecopy.model.costs import Scan, StatementCosts
from stagecopy.model.guard import GuardFile
from stagecopy.model.impact import Behind, Canary, Deadlock, Forecast, Impact, Latencies, Race, Wait, Workload
from stagecopy.model.interruption import Interruption, Interruptions
from stagecopy.model.migration import HeldLock, RunError, StatementRun
from stagecopy.model.rescue import RescueKit
from stagecopy.model.rollback import Rollback, Unrestored
from stagecopy.model.trial import ExpectationFile, TrialResult
from tests.unit.report_samples import bad_fix, made

_COSTS = StatementCosts(("public.Orders",), (Scan("public.users", 565),), 3_000_000, 2_000)
_ERROR = RunError(2, 5, 'relation "users" already exists', "42P07")


def whole() -> TrialResult:
    """The bad fix, and all that can be said of it."""
    basis = bad_fix()
    assert basis.difference is not None
    statements = (
        StatementRun(1, 3, "DROP TABLE users CASCADE", 2.1, None, "DROP TABLE", started=10.0, costs=_COSTS),
        StatementRun(2, 5, "CREATE TABLE users (\n  id text\n)", 0.4, 12, "CREATE TABLE", started=12.1),
    )
    held = (
        HeldLock("public.users", "AccessExclusiveLock", 2.4, 1, 10.05),
        HeldLock("public.Orders", "ShareRowExclusiveLock", 0.3, 2, 12.15),
    )
    return replace(
        basis,
        run=replace(made(*statements), locks=held, seconds=2.5),
        difference=replace(basis.difference, sequences=(SequenceChange("public.users_id_seq", 11, None),)),
        expectation=ExpectationFile("up.expect.yaml", written=True),
        guard=GuardFile("up.guarded.sql", "sql", written=True, proved=True, tables=3, seconds=0.2),
        rescue=RescueKit("rescue", ("public.users",), 2_000_000, proved=False, missing=("grants of public.users",)),
        rollback=_rollback(),
        interruptions=Interruptions((Interruption(1, 2, ("table users is gone",), "fails", _ERROR),)),
        impact=_impact(),
        application=_application(),
    )


def _rollback() -> Rollback:
    left = Unrestored("rows", "public.users", "565 rows of public.users do not come back", 565, lost=True)
    down = made(StatementRun(1, 1, "DROP TABLE x", 0.1, None, "DROP TABLE"))
    return Rollback(("down.sql",), down, (left,), ("the sequence stands elsewhere",), "differs", ("one index more",))


def _impact() -> Impact:
    before, during = Latencies(900, 0, 0, 0.001, 0.002, 0.01), Latencies(300, 4, 1, 0.2, 1.9, 2.6)
    return Impact(
        canaries=(Canary("public.Orders", 90, Wait(2.3, "queue"), Wait(2.4, "lock")),),
        unwatched=("public.Invoices",),
        forecast=Forecast(31.0, "production", 2.4, "public.users", reads=True, lock_timeout=5.0),
        behind=Behind(4.0, waited=True, error=_ERROR, gave_up_after=2.0, invalid=("public.i",), rerun="works"),
        deadlock=Deadlock(("public.users", "public.Orders"), "application"),
        race=Race("both-fail", 1.0, _ERROR),
        workload=Workload(before, during),
        cut_short="the budget of time was used up",
    )


def _application() -> Application:
    broken = BrokenQuery(Query("SELECT mail FROM users", "SELECT mail FROM users", 4_200), "42703", "no column mail")
    flipped = FlippedQuery(Query("q", "SELECT * FROM orders WHERE total = $1", 7), 8.3, 19_000.0, "public.Orders")
    return Application(sources=("production",), queries=40, broken=(broken,), flipped=(flipped,))


# What each part must say, in whichever form.
SAID = (
    "worst wait in production on public.users: 7.4 s = your longest transaction 31.0 s + hold time 2.4 s, bounded",
    "bounded by lock_timeout 5.0 s",
    "behind a reader of 4.0 s it ends with: relation",
    "left invalid: public.i",
    "deadlock, which ends the application",
    "two runners at once: both fail",
    "not all of it was measured: the budget of time was used up",
    'public."Orders"',
    "2.3 s (in the queue behind the migration)",
    'public."Invoices"',
    "40 queries from production: 1 broken, 1 planned otherwise",
    "no column mail (42703)",
    'cost 8 → 19,000, reads public."Orders" whole',
    "565 rows of public.users do not come back",
    "the migration once more after it: works, with another effect: one index more",
    "during statement 2",
    "FAILS at statement 2: relation",
    "before.sql copies what is lost (1 table, up to 2.0 MB)",
    "grants of public.users",
    "up.guarded.sql: limits for 3 tables; tried on a clone, counted in 200 ms",
    "up.expect.yaml: drafted",
    "public.users_id_seq",
    'rewrites public."Orders", reads all of public.users, 3.0 MB of WAL, 2.0 kB of temporary files',
    "1.9 s",
)
