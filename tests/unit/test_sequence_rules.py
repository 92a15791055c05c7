"""Rules about sequences, guards that do less, matviews without data and the lists of migration tools."""

from __future__ import annotations

import pytest

from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import Difference, SchemaChange, SequenceChange, TableChange
from stagecopy.model.findings import Finding
from stagecopy.model.migration import MigrationRun, StatementRun
from stagecopy.report.headline import headline
from stagecopy.safety.policy import Policy, judge

RUN = MigrationRun("00", 0.01, (StatementRun(1, 1, "sql", 0.1, None, "DO"),), None, False, 100)


def found(*sequences: SequenceChange, schema: tuple[SchemaChange, ...] = ()) -> tuple[Finding, ...]:
    return judge(Difference((), schema, sequences), RUN, Policy(rollback="off"))


def ids(before: int | None, after: int | None, greatest: int | None, **facts: object) -> SequenceChange:
    known = {"column": "public.users.id", "unique": True, "limit": 2**31 - 1} | facts
    return SequenceChange("public.users_id_seq", before, after, greatest=greatest, **known)  # type: ignore[arg-type]


def rules(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(each.rule, each.severity, each.subject) for each in findings]


def test_a_sequence_set_back_gives_numbers_that_are_there() -> None:
    (behind,) = found(ids(101, 2, 100))
    assert rules((behind,)) == [("sequence-behind", "error", "public.users.id")]
    assert behind.message == (
        "sequence public.users_id_seq gives 2 next, but 100 is the greatest number in public.users.id: "
        "inserts will fail with a duplicate key"
    )
    assert behind.remedy.endswith("SELECT setval('public.users_id_seq', (SELECT max(id) FROM public.users))")


@pytest.mark.parametrize("facts", [{"unique": False}, {"was_behind": True}])
def test_what_need_not_be_unique_or_was_so_before_is_a_warning(facts: dict[str, object]) -> None:
    assert rules(found(ids(101, 2, 100, **facts))) == [("sequence-behind", "warn", "public.users.id")]


def test_the_last_number_given_is_not_behind() -> None:
    assert found(ids(101, 101, 100)) == ()
    assert rules(found(ids(101, 100, 100))) == [("sequence-behind", "error", "public.users.id")]


def test_a_falling_sequence_looks_at_the_least_number() -> None:
    assert found(ids(-101, -101, -100, increment=-1, limit=-(2**31))) == ()
    (behind,) = found(ids(-101, -2, -100, increment=-1, limit=-(2**31)))
    assert "-100 is the least number" in behind.message


def test_a_restart_of_an_emptied_table_is_a_warning() -> None:
    assert rules(found(ids(101, 1, None))) == [("sequence-moved-back", "warn", "public.users_id_seq")]


@pytest.mark.parametrize(
    ("after", "greatest", "part"), [(1_717_986_917, None, 79), (1_717_986_918, None, 80), (5, 2**31 - 1, 100)]
)
def test_from_four_fifths_on_the_end_is_near(after: int, greatest: int | None, part: int) -> None:
    near = [each for each in found(ids(1, after, greatest)) if each.rule == "sequence-nearly-used"]
    assert [each.severity for each in near] == (["warn"] if part >= 80 else [])
    assert all(f"has used {part} % of its numbers" in each.message for each in near)


def test_a_matview_left_without_data() -> None:
    change = SchemaChange("matview", "changed", "public.m", "populated", "unpopulated", "public.m")
    assert rules(found(schema=(change,))) == [("matview-unpopulated", "warn", "public.m")]
    assert found(schema=(SchemaChange("matview", "changed", "public.m", "unpopulated", "populated", "public.m"),)) == ()


def change(kind: str, name: str, before: str | None, after: str | None) -> SchemaChange:
    return SchemaChange(kind, "changed" if before else "added", name, before, after, "public.t")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            change("constraint", "public.t.c", None, "CHECK (b > 0) NOT VALID"),
            [("constraint-not-valid", "info", "public.t.c")],
        ),
        (change("constraint", "public.t.c", "CHECK (b > 0) NOT VALID", "CHECK (b > 0)"), []),
        (
            change(
                "domain", "public.d", "text", "text CONSTRAINT a CHECK (VALUE <> 'x') CONSTRAINT b CHECK (t) NOT VALID"
            ),
            [("constraint-not-valid", "info", "public.d")],
        ),
        (change("domain", "public.d", "text CONSTRAINT b CHECK (t) NOT VALID", "text CONSTRAINT b CHECK (t)"), []),
        (
            change("trigger", "public.t.g", "CREATE TRIGGER", "CREATE TRIGGER DISABLED"),
            [("trigger-disabled", "warn", "public.t.g")],
        ),
        (change("trigger", "public.t.g", "CREATE TRIGGER DISABLED", "CREATE TRIGGER"), []),
        (change("table", "public.t", "table ROW LEVEL SECURITY", "table"), [("row-security-off", "warn", "public.t")]),
        (change("table", "public.t", "table", "table ROW LEVEL SECURITY"), [("row-security-bare", "warn", "public.t")]),
    ],
)
def test_guards_that_do_less(told: SchemaChange, expected: list[tuple[str, str, str]]) -> None:
    assert rules(found(schema=(told,))) == expected


def test_row_security_with_a_policy_is_fine() -> None:
    on = change("table", "public.t", "table", "table ROW LEVEL SECURITY")
    assert found(schema=(on, SchemaChange("policy", "added", "public.t.p", None, "TO PUBLIC", "public.t"))) == ()


def test_the_list_of_a_migration_tool_is_no_data() -> None:
    listed = TableChange("public", "schema_migrations", 3, 1, removed=2)
    added = TableChange("public", "alembic_version", 1, 2, added=1)
    findings = judge(Difference((listed, added), ()), RUN, Policy())
    assert rules(findings) == [
        ("bookkeeping-changed", "warn", "public.schema_migrations"),
        ("bookkeeping-changed", "info", "public.alembic_version"),
    ]
    assert headline(Difference((listed, added), ()), RUN) == "no data changed"


def test_names_that_applications_use_are_data() -> None:
    known = [
        ("public", "schema_migrations"),
        ("drizzle", "__drizzle_migrations"),
        ("sqitch", "changes"),
        ("x", "SequelizeMeta"),
    ]
    assert all(is_bookkeeping(*each) for each in known)
    assert not any(
        is_bookkeeping("public", each) for each in ("migrations", "changes", "events", "users", "Schema_Migrations")
    )
