"""What a rollback leaves undone, in words; what two deployments have in common; what the policy makes of it."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from stagecopy.model.change import ColumnChange, Difference, SchemaChange, SequenceChange, TableChange
from stagecopy.model.effects import Effects, Newcomer
from stagecopy.model.interruption import Interruption, Interruptions
from stagecopy.model.migration import MigrationRun, RunError, StatementRun
from stagecopy.model.rollback import Rollback
from stagecopy.report.document import trial_document
from stagecopy.report.terminal_trial import trial_report
from stagecopy.safety.evidence import Strictness
from stagecopy.safety.policy import Policy, WayBack, judge
from stagecopy.trial.again import unlike
from stagecopy.trial.rollback import notes, unrestored
from tests.unit.report_samples import DONE, judged

RAN = MigrationRun("x", 0.1, (StatementRun(1, 1, "DROP TABLE t", 0.1, None, "DROP TABLE"),), None, False, 0)
SAME = Difference((), ())
INDEX = SchemaChange("index", "added", "public.i", None, "CREATE INDEX", "public.t")


def table(name: str = "users", **counts: object) -> TableChange:
    return replace(TableChange("public", name, 100, 100), **counts)  # type: ignore[arg-type]


def told(difference: Difference) -> list[tuple[str, bool]]:
    return [(each.message, each.lost) for each in unrestored(difference)]


def test_losses_come_first_and_what_stays_is_told_apart() -> None:
    phone = ColumnChange(changed=3, value_to_null=2, lost=2, value_to_value=1, null_to_value=4)
    difference = Difference((table(added=5, columns={"phone": phone}), table("orgs", removed=7)), (INDEX,))
    assert told(difference) == [
        ("2 values of public.users.phone lost", True),
        ("1 value of public.users.phone are other values", True),
        ("7 of 100 rows of public.orgs lost", True),
        ("5 rows of public.users left behind", False),
        ("4 values of public.users.phone left behind", False),
        ("index public.i left behind", False),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (SchemaChange("view", "dropped", "public.v", "SELECT 1", None), "view public.v is missing"),
        (SchemaChange("table", "renamed", "public.b", "public.a", "public.b"), "table public.b was called public.a"),
        (
            SchemaChange("column", "changed", "public.t.c", "integer", "bigint"),
            "column public.t.c was integer, is bigint",
        ),
    ],
)
def test_the_schema_in_words(change: SchemaChange, message: str) -> None:
    assert [each.message for each in unrestored(Difference((), (change,)))] == [message]


def test_what_takes_nothing_from_anybody_is_a_note() -> None:
    on = SequenceChange("public.s", 5, 9)
    behind = SequenceChange("public.q", 5, 1, column="public.q.id", greatest=4)
    tables = (
        table("schema_migrations", added=1),
        table("totals", derived=True, changed=3),
        table("anew", change="replaced"),
    )
    difference = Difference(tables, (), (on, behind))
    assert [each.kind for each in unrestored(difference)] == ["sequence"]
    assert notes(difference) == (
        "sequence public.s: next 5, now 9",
        "public.schema_migrations, a migration tool's own list, is not as it was",
        "rows of materialised view public.totals differ; they can be made again",
        "public.anew is made anew and compared by name",
    )


def test_two_deployments_are_alike_unless_rows_values_or_schema_differ() -> None:
    first = Difference((table(added=1, rows_after=101),), (INDEX,))
    anew = Difference(
        (table(added=1, rows_after=101, change="replaced"),), (INDEX,), (SequenceChange("public.s", 1, 2),)
    )
    assert unlike(first, anew) == ()
    twice = Difference((table(added=2, rows_after=102),), (replace(INDEX, after="CREATE UNIQUE INDEX"),))
    assert unlike(first, twice) == (
        "index public.i comes out as another one the second time",
        "public.users: rows 101 the first time, 102 the second",
        "public.users: rows added 1 the first time, 2 the second",
    )
    assert unlike(first, SAME)[0] == "index public.i is added only the first time"


@pytest.mark.parametrize(("columns", "same"), [("(b)", True), ("(c)", False)])
def test_an_index_that_a_constraint_took_may_be_made_anew_under_its_name(columns: str, same: bool) -> None:
    """As ADD PRIMARY KEY USING INDEX does: the one time an index is renamed, the other it has that name already."""
    before = "CREATE UNIQUE INDEX {} ON public.t USING btree {}".format
    key = SchemaChange("index", "dropped", "public.t.t_pkey", before("t_pkey", "(a)"), None, "public.t")
    taken = SchemaChange("index", "renamed", "public.t.t_pkey", "public.t.t_b", "public.t.t_pkey", "public.t")
    gone = SchemaChange("index", "dropped", "public.t.t_b", before("t_b", "(b)"), None, "public.t")
    made = replace(key, change="changed", after=before("t_pkey", columns))
    first, second = Difference((), (key, taken)), Difference((), (gone, made))
    assert (unlike(first, second) == ()) is same
    assert (unlike(second, first) == ()) is same


def rules(rollback: Rollback, strictness: Strictness = "warn") -> list[str]:
    found = judge(Difference((), (INDEX,)), DONE, Policy(rollback=strictness), back=WayBack(rollback))
    return [f"{each.severity} {each.rule}" for each in found]


FAILED = replace(RAN, error=RunError(1, 1, "no such table", "42P01"))
LOST = unrestored(Difference((table(removed=7),), (INDEX,)))


@pytest.mark.parametrize(
    ("rollback", "expected"),
    [
        (Rollback(("d",), RAN, again="works"), []),
        (Rollback(("d",), FAILED), ["rollback-fails"]),
        (Rollback(("d",), replace(RAN, left_open=True)), ["rollback-fails"]),
        (Rollback(("d",), replace(RAN, statements=())), ["rollback-fails"]),
        (Rollback(("d",), RAN, LOST, again="works"), ["rollback-loses"]),
        (Rollback(("d",), RAN, LOST[1:], again="fails", again_why=("x",)), ["rollback-incomplete", "up-again-fails"]),
        (Rollback(("d",), RAN, again="differs", again_why=("x",)), ["up-again-differs"]),
    ],
)
def test_the_policy_says_how_severe_a_bad_rollback_is(rollback: Rollback, expected: list[str]) -> None:
    assert rules(rollback) == [f"warn {each}" for each in expected]
    assert rules(rollback, "error") == [f"error {each}" for each in expected]
    assert rules(rollback, "off") == [f"info {each}" for each in expected]


def test_the_message_of_a_loss_tells_schema_from_data() -> None:
    lost = unrestored(Difference((table(columns={"phone": ColumnChange(lost=41_233)}),), ()))
    (finding,) = judge(SAME, DONE, Policy(), back=WayBack(Rollback(("d",), RAN, lost, again="works")))
    assert finding.message == (
        "the rollback restores the schema, but not the data: 41,233 values of public.users.phone lost"
    )


def test_report_and_document_tell_of_the_rollback() -> None:
    result = replace(judged(SAME, DONE), rollback=Rollback(("x.down.sql",), RAN, LOST, ("a note",), "fails", ("why",)))
    text = io.StringIO()
    trial_report(Console(file=text, width=120), result)
    lines = [" ".join(line.split()) for line in text.getvalue().splitlines()]
    start = lines.index("rollback (x.down.sql)")
    assert lines[start + 1 : start + 8] == [
        "down 1 statement in 100 ms",
        "schema NOT restored",
        "data NOT restored",
        "up again FAILS: why",
        "- 7 of 100 rows of public.users lost",
        "~ index public.i left behind",
        "note a note",
    ]
    document = trial_document(result)["rollback"]
    assert (document["tested"], document["restores"], document["up_again"]) == (True, False, "fails")
    assert [each["lost"] for each in document["differences"]] == [True, False]


def test_a_deployment_that_cannot_be_started_again_is_told_of_with_what_it_leaves() -> None:
    error = RunError(1, 1, 'relation "a" already exists', "42P07")
    fine = Interruption(1, None, (), "works")
    fails = Interruption(2, None, ("table public.a left behind",), "fails", error)
    doubles = Interruption(2, 3, ("1 row of public.t left behind",), "differs", None, ("public.t: rows 2, then 3",))
    tried = Interruptions((fine, fails, doubles), "cut short")
    found = judge(SAME, DONE, Policy(), back=WayBack(None, tried))
    assert [(each.severity, each.rule) for each in found] == [
        ("warn", "not-rerunnable"),
        ("info", "interrupt-cut-short"),
    ]
    assert found[0].message == (
        "killed after statement 2 it leaves table public.a left behind, and a second run fails at statement 1: "
        'relation "a" already exists (so at 1 other moment too)'
    )
    (last,) = judge(SAME, DONE, Policy(), back=WayBack(None, Interruptions((fine, doubles))))
    assert last.message.startswith(
        "killed during statement 3 it leaves 1 row of public.t left behind, and a second run"
    )
    assert judge(SAME, DONE, Policy(), back=WayBack(None, Interruptions((fine,)))) == ()


def test_new_tables_of_another_owner_and_those_that_nobody_may_read_are_told_of() -> None:
    usual = Newcomer("public.a", "owner", "owner", ())
    alien = Newcomer("public.b", "deployer", "owner", ("app", "PUBLIC"))
    only = Newcomer("public.c", "deployer", None, ())
    found = judge(SAME, DONE, Policy(), Effects(observed=True, newcomers=(usual, alien, only)))
    assert [(each.rule, each.subject) for each in found] == [("not-granted", "public.b"), ("other-owner", "public.b")]
    assert found[0].message == "app, PUBLIC may read most other tables of public, but not public.b"
