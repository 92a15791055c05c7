"""Three typical trials made by hand, for the tests of reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from stagecopy.model.change import ColumnChange, Difference, Sample, SchemaChange, TableChange
from stagecopy.model.findings import Fidelity
from stagecopy.model.migration import MigrationRun, RunError, StatementRun
from stagecopy.model.trial import TrialResult
from stagecopy.safety.policy import Policy, judge, verdict

NOW = datetime(2026, 8, 14, 10, 5, tzinfo=timezone(timedelta(hours=2)))
USER = "public.bazaar-vid_user"


def made(*statements: StatementRun, error: RunError | None = None, left_open: bool = False) -> MigrationRun:
    return MigrationRun("ab" * 32, 0.0123, statements, error, left_open, 17_000)


def judged(difference: Difference, run: MigrationRun) -> TrialResult:
    findings = judge(difference, run, Policy(rollback="off"))
    return TrialResult(
        trial="20260814-100500-1",
        exit=5 if run.error else int(verdict(findings) == "fail"),
        snapshot="20260814-070200",
        taken_at=NOW - timedelta(hours=3, minutes=3),
        verdict=verdict(findings),
        ran_as="app_owner",
        engine="docker",
        clone="copy",
        fidelity=(Fidelity("other-major", "staging is PostgreSQL 16, production 15"),),
        run=run,
        difference=difference,
        findings=findings,
        disk_bytes=8192,
        masked={USER: ("email",)},
    )


def bad_fix() -> TrialResult:
    """The id fix that recreates the table and loses every account."""
    lost = tuple(Sample({"id": f"u{n}"}, {"id": f"u{n}", "email": f"p{n}@example.com"}, None) for n in range(2))
    user = TableChange("public", "bazaar-vid_user", 565, 0, change="replaced", removed=565, samples=lost)
    account = TableChange("public", "account", 639, 0, removed=639)
    session = TableChange("public", "session", 1, 0, removed=1)
    key = SchemaChange("constraint", "dropped", f"{USER}.user_pk", "PRIMARY KEY (id)", None, USER)
    renamed = SchemaChange("column", "renamed", f"{USER}.mail", "email", "mail", USER)
    run = made(StatementRun(1, 3, 'DROP TABLE "bazaar-vid_user"\n  CASCADE', 0.0037, None, "DROP TABLE"))
    plan = TableChange("public", "plan", 4, 4)
    return judged(Difference((account, user, session, plan), (key, renamed)), run)


def backfill() -> TrialResult:
    """A harmless migration: a new column, filled, and values made lower case."""
    columns = {
        "email": ColumnChange(changed=1000, value_to_value=1000),
        "plan": ColumnChange(null_to_value=12_000),
    }
    sample = Sample({"id": "1"}, {"email": "A@x.com"}, {"email": "a@x.com", "plan": "free"})
    users = TableChange("public", "users", 12_000, 12_000, changed=1000, columns=columns, samples=(sample,))
    added = SchemaChange("column", "added", "public.users.plan", None, "text", "public.users")
    run = made(StatementRun(1, 1, "UPDATE users SET email = lower(email)", 0.4, 1000, "UPDATE 1000"))
    return replace(judged(Difference((users,), (added,)), run), fidelity=())


def failing() -> TrialResult:
    """A migration that stops before it changed anything."""
    error = RunError(2, 7, 'relation "usres" does not exist', "42P01")
    run = made(
        StatementRun(1, 1, "SET lock_timeout = '2s'", 0.0001, None, "SET"),
        StatementRun(2, 7, "DELETE FROM usres", 0.0002, None, ""),
        error=error,
    )
    result = judged(Difference((TableChange("public", "users", 5, 5),), ()), run)
    return replace(result, fidelity=(), verdict="fail")


def table(name: str = "users", before: int | None = 9, after: int | None = 9, **facts: object) -> TableChange:
    return TableChange("public", name, before, after, **facts)  # type: ignore[arg-type]


DONE = made(StatementRun(1, 1, "sql", 0.1, None, "DO"))
