"""What the policy says of the queries of an application that still runs, on answers made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stagecopy.model.application import Application, BrokenQuery, FlippedQuery, Query, Usage
from stagecopy.model.change import Difference, SchemaChange
from stagecopy.model.findings import Finding
from stagecopy.model.migration import MigrationRun, StatementRun
from stagecopy.safety.policy import Policy, judge

OFTEN = Query("SELECT nick FROM users", "SELECT nick FROM users", 1204, id=7)
FLIPPED = FlippedQuery(OFTEN, 8.3, 20_000.0, "public.users", 1_000_000, "public.users_nick")


def judged(application: Application | None, *schema: SchemaChange) -> list[Finding]:
    run = MigrationRun("00", 4.0, (StatementRun(1, 1, "SELECT", 0.5, None, "SELECT 1"),), None, False, 0)
    found = judge(Difference((), schema), run, Policy(rollback="off"), application=application)
    return [each for each in found if each.rule in ("query-broken", "plan-flipped", "used-index-dropped")]


def broken(query: Query) -> BrokenQuery:
    return BrokenQuery(query, "42703", 'column "nick" does not exist')


@pytest.mark.parametrize(
    ("query", "severity"),
    [
        (OFTEN, "error"),
        (replace(OFTEN, calls=None, file="app.sql"), "error"),
        (replace(OFTEN, calls=9), "warn"),
        (replace(OFTEN, calls=10), "error"),
        (replace(OFTEN, recent=0), "warn"),
        (replace(OFTEN, calls=3, recent=1), "error"),
    ],
)
def test_a_broken_query_is_an_error_where_a_program_sends_it_now(query: Query, severity: str) -> None:
    (found,) = judged(Application(broken=(broken(query),)))
    assert (found.rule, found.severity) == ("query-broken", severity)
    assert 'fails afterwards: column "nick" does not exist (42703): SELECT nick FROM users' in found.message


def test_a_finding_keeps_its_subject_while_calls_go_on() -> None:
    first, second = (
        judged(Application(broken=(broken(each),)))[0] for each in (OFTEN, replace(OFTEN, calls=99, recent=1))
    )
    assert first.subject == second.subject
    assert first.subject.startswith("query ")


def test_of_many_the_weightiest_are_told_and_the_rest_counted() -> None:
    many = [broken(replace(OFTEN, shown=f"SELECT {n}", calls=n)) for n in range(1, 25)]
    found = judged(Application(broken=(*many, broken(replace(OFTEN, shown="SELECT 0", calls=None)))))
    assert len(found) == 21
    told = [each.message for each in found if each.subject != "migration"]
    assert any("SELECT 0" in each for each in told)
    assert not any(each.endswith("SELECT 5") for each in told)
    (rest,) = [each for each in found if each.subject == "migration"]
    assert (rest.severity, "5 more queries" in rest.message) == ("warn", True)


def test_a_worse_plan_is_a_warning_that_names_table_and_index() -> None:
    (found,) = judged(Application(flipped=(FLIPPED,)))
    assert (found.rule, found.severity) == ("plan-flipped", "warn")
    assert "ran 1,204 times reads all 1,000,000 rows of public.users, found by index public.users_nick" in found.message
    assert "statistics" not in found.message


def test_where_statistics_are_gone_that_may_be_why() -> None:
    (found,) = judged(Application(flipped=(replace(FLIPPED, table=None, blind=("public.users",)),)))
    assert "is planned another way (estimated cost 8 before, 20,000 after)" in found.message
    assert "statistics of public.users are gone" in found.message
    assert found.remedy == "end the migration with ANALYZE public.users"


@pytest.mark.parametrize(("scans", "told"), [(1_200_000, ["used 1,200,000 times since 2026-10-01 08:00"]), (99, [])])
def test_a_dropped_index_is_told_by_its_use(scans: int, told: list[str]) -> None:
    usage = Usage(indexes={"public.users_nick": scans}, since="2026-10-01 08:00:00.123+00")
    dropped = SchemaChange("index", "dropped", "public.users.users_nick", "CREATE INDEX", None, "public.users")
    found = [each.message.partition("production ")[2] for each in judged(Application(usage), dropped)]
    assert found == told


def test_calls_are_counted_from_the_snapshot_before() -> None:
    earlier = Usage("x", queries=(replace(OFTEN, calls=1200), replace(OFTEN, calls=50, id=8)))
    now = Usage(
        "pg_stat_statements 1.10", queries=(OFTEN, replace(OFTEN, calls=3, id=8), replace(OFTEN, calls=1, id=9))
    )
    assert [each.recent for each in now.since_that(earlier).queries] == [4, 3, 1]  # the second was reset
    assert [each.recent for each in now.since_that(Usage()).queries] == [None, None, None]


def test_usage_is_read_back_as_it_was() -> None:
    usage = Usage("pg_stat_statements 1.10", None, (OFTEN,), 3, {"public.users_nick": 5}, "2026-10-01")
    assert Usage.from_document(usage.document()) == usage
