"""What is read from statements, locks and pgbench's log for the impact run, and what the policy says to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from stagecopy.model.change import Difference
from stagecopy.model.findings import Finding
from stagecopy.model.impact import Behind, Deadlock, Forecast, Impact, Latencies, Race, Workload
from stagecopy.model.migration import HeldLock, MigrationRun, RunError, StatementRun
from stagecopy.safety.policy import Policy, WayBack, judge
from stagecopy.trial.long_reader import lock_timeout_in
from stagecopy.trial.opposite import held_together

A, B = "public.a", "public.b"
FORECAST = Forecast(9.0, "production", 0.5, A, reads=True)
LATE = RunError(2, 2, "canceling statement due to lock timeout", "55P03")
TWICE = RunError(1, 1, 'column "c" of relation "a" already exists', "42701")
CALM = Latencies(100, 0, 0, 0.001, 0.002, 0.01)


def judged(impact: Impact, timing: Literal["off", "warn", "error"] = "warn") -> list[Finding]:
    run = MigrationRun("00", 4.0, (StatementRun(1, 1, "sql", 0.5, None, "SELECT"),), None, left_open=False, wal_bytes=1)
    policy = Policy(timing=timing, rollback="off")
    return list(judge(Difference((), ()), run, policy, back=WayBack(impact=impact)))


@pytest.mark.parametrize(
    ("statements", "seconds"),
    [
        (["SET lock_timeout = '5s'"], 5.0),
        (["set local lock_timeout to 250"], 0.25),
        (["SELECT set_config('lock_timeout', '2min', true)"], 120.0),
        (["SET lock_timeout='1s'; ALTER TABLE a ADD b int", "SET lock_timeout = '3s'"], 3.0),
        (["SET lock_timeout = 0", "SET statement_timeout = '5s'"], None),
    ],
)
def test_the_lock_timeout_a_migration_sets_is_read(statements: list[str], seconds: float | None) -> None:
    assert lock_timeout_in(statements) == seconds


def _lock(relation: str, began: float, seconds: float, statement: int = 1) -> HeldLock:
    return HeldLock(relation, "AccessExclusiveLock", seconds, statement, began)


def test_two_tables_held_at_once_are_a_pair_in_their_order() -> None:
    assert held_together([_lock(B, 101.0, 1.0, 2), _lock(A, 100.0, 2.0, 1)]) == ((A, B),)
    assert held_together([_lock(A, 100.0, 0.5), _lock(B, 101.0, 1.0, 2)]) == ()
    assert held_together([_lock(A, 100.0, 1.0), replace(_lock(B, 100.0, 1.0), mode="RowExclusiveLock")]) == ()


def test_two_tables_locked_within_one_look_may_be_in_either_order() -> None:
    assert set(held_together([_lock(A, 100.0, 1.0), _lock(B, 100.0, 1.0)])) == {(A, B), (B, A)}


def test_the_worst_wait_is_the_longest_transaction_and_the_hold_time() -> None:
    (found,) = judged(Impact(forecast=FORECAST))
    assert (found.rule, found.severity, found.subject) == ("long-wait", "warn", A)
    assert "may wait 9.5 s" in found.message
    assert "production's longest transaction" in found.message


def test_a_lock_timeout_bounds_the_wait() -> None:
    assert judged(Impact(forecast=replace(FORECAST, lock_timeout=1.0))) == []
    (found,) = judged(Impact(forecast=replace(FORECAST, lock_timeout=4.0, source="assumed")))
    assert "may wait 4.5 s: 4.0 s until lock_timeout" in found.message


def test_what_rests_on_time_weighs_as_the_policy_says() -> None:
    impact = Impact(forecast=FORECAST, deadlock=Deadlock((A, B), "application"))
    assert {each.severity for each in judged(impact, "error")} == {"error"}
    assert judged(impact, "off") == []


def test_giving_up_is_good_unless_something_is_left() -> None:
    behind = Behind(3.0, True, LATE, gave_up_after=1.0, rerun="works")
    (good,) = judged(Impact(behind=behind))
    assert (good.rule, good.severity) == ("gives-up", "info")
    (left,) = judged(Impact(behind=replace(behind, invalid=("public.i",), still_invalid=("public.i",))))
    assert (left.rule, left.severity, left.subject) == ("timeout-leftover", "warn", "public.i")
    (half,) = judged(Impact(behind=replace(behind, rerun="fails", rerun_error=TWICE)))
    assert "stays half done; a second run fails at statement 1" in half.message
    assert judged(Impact(behind=Behind(3.0, True))) == []


@pytest.mark.parametrize(
    ("race", "severity"),
    [
        (Race("harmless", 1.0), None),
        (Race("one-fails", 1.0, TWICE), "info"),
        (Race("one-fails", 1.0, TWICE, ("public.log: rows 2",)), "warn"),
        (Race("both-fail", 1.0, TWICE), "warn"),
        (Race("applied-twice", 1.0, None, ("public.log: rows 2",)), "warn"),
    ],
)
def test_two_runners_are_judged_by_what_they_leave(race: Race, severity: str | None) -> None:
    assert [each.severity for each in judged(Impact(race=race))] == ([severity] if severity else [])


def test_a_workload_hurts_when_it_fails_or_waits() -> None:
    def said(during: Latencies) -> list[str]:
        return [each.message for each in judged(Impact(workload=Workload(CALM, during)))]

    assert said(CALM) == []
    assert said(replace(CALM, longest=3.0)) == ["while it ran the longest took 3.0 s, before it 0.01 s"]
    assert (
        "4 transactions of the workload failed, 3 of them by deadlock" in said(replace(CALM, failed=4, deadlocks=3))[0]
    )


def test_what_could_not_be_measured_is_said() -> None:
    (found,) = judged(Impact(cut_short="the server is gone"))
    assert (found.rule, "the server is gone" in found.message) == ("impact-cut-short", True)
