"""What the policy and an expectation say of locks, on runs made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from stagecopy.model.change import Difference
from stagecopy.model.findings import Finding
from stagecopy.model.migration import HeldLock, MigrationRun, StatementRun
from stagecopy.safety.expectation import Expectation
from stagecopy.safety.policy import Agreed, Policy, TablePolicy, judge

USERS = "public.users"
LONG = HeldLock(USERS, "AccessExclusiveLock", 3.04, 1)
SHARE = HeldLock(USERS, "ShareLock", 2.5, 2)
WRITING = HeldLock(USERS, "RowExclusiveLock", 9.0, 2)


def judged(*locks: HeldLock, policy: Policy | None = None, budget: float | None = None) -> list[Finding]:
    statements = tuple(StatementRun(n, n, "sql", 0.5, None, "ALTER TABLE") for n in (1, 2))
    run = MigrationRun("00", 4.0, statements, None, left_open=False, wal_bytes=100, locks=locks)
    expected = None if budget is None else Expectation("m.expect.yaml", {}, lock_seconds=budget)
    policy = replace(policy or Policy(), rollback="off")
    return list(judge(Difference((), ()), run, policy, agreed=Agreed(expected)))


def test_a_long_lock_says_who_took_it_what_it_stops_and_why_it_lasts() -> None:
    (found,) = judged(LONG)
    assert (found.rule, found.severity, found.subject) == ("exclusive-lock", "warn", USERS)
    assert found.message == (
        "statement 1 locks public.users for 3.0 s (AccessExclusiveLock): nobody else can read or write it meanwhile; "
        "it takes 0.5 s itself, but its transaction goes on"
    )
    assert "lock_timeout" in found.remedy


def test_of_several_on_one_table_the_longest_is_told_once() -> None:
    (found,) = judged(LONG, SHARE, WRITING)
    assert "AccessExclusiveLock" in found.message


def test_building_an_index_stops_writers_and_has_a_remedy() -> None:
    (found,) = judged(SHARE)
    assert "nobody else can write to it" in found.message
    assert "CONCURRENTLY" in found.remedy


def test_writing_rows_stops_nobody() -> None:
    assert judged(WRITING) == []


@pytest.mark.parametrize(("timing", "severities"), [("off", []), ("warn", ["warn"]), ("error", ["error"])])
def test_findings_that_rest_on_time_weigh_as_the_policy_says(
    timing: Literal["off", "warn", "error"], severities: list[str]
) -> None:
    assert [each.severity for each in judged(LONG, policy=Policy(timing=timing))] == severities


def test_a_table_may_have_a_limit_of_its_own() -> None:
    lenient = Policy(tables={USERS: TablePolicy(exclusive_lock_seconds=5.0)})
    strict = Policy(exclusive_lock_seconds=60.0, tables={USERS: TablePolicy(exclusive_lock_seconds=0.1)})
    assert judged(LONG, policy=lenient) == []
    assert [each.rule for each in judged(LONG, policy=strict)] == ["exclusive-lock"]


def test_an_expectation_has_a_lock_budget() -> None:
    within = judged(SHARE, policy=Policy(timing="off"), budget=2.5)
    beyond = judged(SHARE, policy=Policy(timing="off"), budget=2.0)
    assert within == []
    assert [(each.rule, each.severity) for each in beyond] == [("beyond-expected", "error")]
    assert "2.5 s" in beyond[0].message
