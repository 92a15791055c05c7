"""Every rule of the policy, on differences made by hand."""

from __future__ import annotations

import pytest

from stagecopy.model.change import ColumnChange, Difference, SchemaChange, TableChange
from stagecopy.model.findings import Finding
from stagecopy.model.migration import MigrationRun, RunError, StatementRun
from stagecopy.safety.policy import Policy, TablePolicy, judge, verdict

USERS = "public.users"


def ran(*tags_and_rows: tuple[str, int | None], left_open: bool = False, error: RunError | None = None) -> MigrationRun:
    statements = tuple(
        StatementRun(n, n, "sql", 0.001, rows, tag) for n, (tag, rows) in enumerate(tags_and_rows, start=1)
    )
    return MigrationRun("00", 0.01, statements, error, left_open, 100)


def users(before: int | None = 10, after: int | None = 10, **facts: object) -> TableChange:
    return TableChange("public", "users", before, after, **facts)  # type: ignore[arg-type]


def findings(
    *tables: TableChange,
    schema: tuple[SchemaChange, ...] = (),
    run: MigrationRun | None = None,
    policy: Policy | None = None,
) -> tuple[Finding, ...]:
    quiet = policy or Policy(rollback="off")
    return judge(Difference(tables, schema), run or ran(("DO", None)), quiet)


def rules(found: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(each.rule, each.severity, each.subject) for each in found]


def column(change: str, name: str, before: str | None, after: str | None) -> SchemaChange:
    return SchemaChange("column", change, f"{USERS}.{name}", before, after, USERS)  # type: ignore[arg-type]


def test_nothing_changed_nothing_found() -> None:
    assert findings(users()) == ()
    assert verdict(()) == "pass"


def test_one_row_lost_is_an_error() -> None:
    (found,) = findings(users(12_000, 11_435, removed=565))
    assert rules((found,)) == [("rows-lost", "error", USERS)]
    assert found.message == "565 of 12,000 rows (4.7 %) of public.users are removed"
    assert found.remedy == (
        "keep the rows, or allow the loss in stagecopy.yaml: policy.tables, public.users: "
        "{rows_lost: {rows: 565, percent: 5}}"
    )


@pytest.mark.parametrize(
    ("rows", "percent", "severity"),
    [(10, 10.0, "info"), (9, 10.0, "error"), (10, 9.9, "error"), (10, 0.0, "error"), (0, 100.0, "error")],
)
def test_both_limits_must_hold(rows: int, percent: float, severity: str) -> None:
    policy = Policy(rows_lost_rows=rows, rows_lost_percent=percent, rollback="off")
    assert rules(findings(users(100, 90, removed=10), policy=policy)) == [("rows-lost", severity, USERS)]


def test_a_table_has_limits_of_its_own_even_when_renamed() -> None:
    own = TablePolicy(rows_lost_rows=10, rows_lost_percent=100)
    for name, facts in ((USERS, {}), ("public.people", {"renamed_from": "public.people"})):
        policy = Policy(tables={name: own}, rollback="off")
        found = findings(users(100, 90, removed=10, **facts), policy=policy)
        assert rules(found) == [("rows-lost", "info", USERS)]


def test_the_proposed_limit_is_one_that_allows_the_loss() -> None:
    policy = Policy(tables={USERS: TablePolicy(rows_lost_rows=565, rows_lost_percent=5)}, rollback="off")
    assert verdict(findings(users(12_000, 11_435, removed=565), policy=policy)) == "pass"


def test_an_emptied_table_is_one_finding() -> None:
    (found,) = findings(users(10, 0, removed=10))
    assert found.rule == "rows-lost"
    assert found.message == "all 10 rows of public.users are removed: the table is empty afterwards"


def test_no_limit_allows_an_emptied_table() -> None:
    policy = Policy(rows_lost_rows=100, rows_lost_percent=100, rollback="off")
    assert rules(findings(users(10, 0, removed=10), policy=policy)) == [("table-emptied", "error", USERS)]


def test_a_replacement_of_the_same_size_is_still_a_loss() -> None:
    lost, added = findings(users(565, 565, removed=565, added=565))
    assert rules((lost, added)) == [("rows-lost", "error", USERS), ("rows-added", "info", USERS)]
    assert lost.message == (
        "565 of 565 rows (100 %) of public.users are removed and 565 other added: "
        "the count is the same, the rows are not"
    )


def test_a_keyless_table_says_that_changes_look_like_loss() -> None:
    lost, _ = findings(users(5, 5, removed=1, added=1, keyless=True))
    assert "without a key" in lost.message


def test_a_dropped_table_loses_all_its_rows() -> None:
    (found,) = findings(users(10, None, change="dropped", removed=10))
    assert (found.rule, found.message) == ("rows-lost", "public.users is dropped with all its 10 rows")


def test_a_dropped_empty_table_is_a_warning() -> None:
    assert rules(findings(users(0, None, change="dropped"))) == [("table-dropped", "warn", USERS)]


def test_values_lost_by_null_and_by_drop() -> None:
    table = users(columns={"mail": ColumnChange(lost=4), "name": ColumnChange(changed=2, value_to_null=2, lost=2)})
    found = findings(table, schema=(column("dropped", "mail", "text", None),))
    lost = [each for each in found if each.rule == "values-lost"]
    assert [each.message for each in lost] == [
        "4 values of public.users.mail are lost: the column is dropped",
        "2 values of public.users.name are lost: they become NULL",
    ]
    assert {each.severity for each in lost} == {"error"}


def test_tolerated_values_are_information() -> None:
    table = users(columns={"mail": ColumnChange(lost=4)})
    policy = Policy(values_lost_rows=4, rollback="off")
    assert rules(findings(table, policy=policy)) == [("values-lost", "info", f"{USERS}.mail")]


def test_values_of_a_dropped_table_count_as_rows_only() -> None:
    table = users(1, None, change="dropped", removed=1, columns={"mail": ColumnChange(lost=1)})
    assert [each.rule for each in findings(table)] == ["rows-lost"]


def test_a_dropped_column_without_values_is_information() -> None:
    found = findings(users(), schema=(column("dropped", "mail", "text", None),))
    assert rules(found) == [("column-dropped", "info", f"{USERS}.mail")]


def test_likely_rename_names_the_most_alike_column() -> None:
    table = users(columns={"mail": ColumnChange(lost=7), "plan": ColumnChange(null_to_value=3)})
    schema = (
        column("dropped", "mail", "character varying(255)", None),
        column("added", "plan", None, "text"),
        column("added", "zip", None, "text"),
        column("added", "email", None, "text"),
        column("added", "count", None, "integer"),
    )
    (found,) = [each for each in findings(table, schema=schema) if each.rule == "likely-rename"]
    assert (found.severity, found.subject) == ("warn", f"{USERS}.mail")
    assert found.message == (
        "public.users.mail is dropped and email of like type is added, all NULL: looks like a rename, "
        "100 % of the values lost (7)"
    )
    assert found.remedy == "to keep the values: ALTER TABLE public.users RENAME COLUMN mail TO email"


@pytest.mark.parametrize(("kind", "filled"), [("integer", 0), ("text", 7)])
def test_no_rename_with_another_type_or_with_values(kind: str, filled: int) -> None:
    table = users(columns={"mail": ColumnChange(lost=7), "email": ColumnChange(null_to_value=filled)})
    schema = (column("dropped", "mail", "text", None), column("added", "email", None, kind))
    assert "likely-rename" not in {each.rule for each in findings(table, schema=schema)}


def test_values_changed_names_columns() -> None:
    table = users(changed=3, columns={"a": ColumnChange(changed=3, value_to_value=3), "b": ColumnChange(changed=1)})
    (found,) = findings(table)
    assert (found.rule, found.severity, found.message) == (
        "values-changed",
        "info",
        "3 rows of public.users change in a, b",
    )


def test_a_type_that_alters_values_is_a_warning() -> None:
    change = ColumnChange(changed=2, value_to_value=2, type_from="numeric(10,2)", type_to="numeric(10,1)")
    harmless = ColumnChange(type_from="integer", type_to="bigint")
    found = findings(users(changed=2, columns={"price": change, "n": harmless}))
    assert rules(found)[0] == ("type-changed", "warn", f"{USERS}.price")
    assert [each.rule for each in found].count("type-changed") == 1


PRIMARY = SchemaChange("constraint", "dropped", f"{USERS}.users_pkey", "PRIMARY KEY (id)", None, USERS)
PRIMARY_INDEX = SchemaChange("index", "dropped", "public.users_pkey", "CREATE UNIQUE INDEX …", None, USERS)
FOREIGN = SchemaChange("constraint", "dropped", f"{USERS}.org_fk", "FOREIGN KEY (o) REFERENCES orgs(id)", None, USERS)


def test_dropped_constraints_and_indexes() -> None:
    plain = SchemaChange("index", "dropped", "public.mail_idx", "CREATE INDEX …", None, USERS)
    found = findings(users(), schema=(PRIMARY, PRIMARY_INDEX, FOREIGN, plain))
    assert [(each.rule, each.severity, each.message) for each in found] == [
        ("index-dropped", "warn", "index mail_idx of public.users is dropped"),
        (
            "constraint-dropped",
            "warn",
            "foreign key org_fk of public.users is dropped: FOREIGN KEY (o) REFERENCES orgs(id)",
        ),
        ("constraint-dropped", "warn", "primary key users_pkey of public.users is dropped: PRIMARY KEY (id)"),
    ]


def test_what_goes_with_its_table_or_is_made_again_is_not_named() -> None:
    assert [each.rule for each in findings(users(0, None, change="dropped"), schema=(PRIMARY,))] == ["table-dropped"]
    again = SchemaChange("constraint", "added", f"{USERS}.pk", None, "PRIMARY KEY (id)", USERS)
    assert findings(users(), schema=(PRIMARY, again)) == ()


@pytest.mark.parametrize(("lacks", "severity"), [((PRIMARY, FOREIGN), "warn"), ((), "info")])
def test_a_replaced_table_says_what_it_lacks(lacks: tuple[SchemaChange, ...], severity: str) -> None:
    (found,) = findings(users(change="replaced"), schema=lacks)
    assert (found.rule, found.severity) == ("table-replaced", severity)
    assert ("primary key users_pkey, foreign key org_fk" in found.message) == bool(lacks)


def test_an_invalid_index_is_an_error() -> None:
    index = SchemaChange("index", "added", "public.i", None, "CREATE INDEX i ON public.users (mail) INVALID", USERS)
    assert rules(findings(users(), schema=(index,))) == [("invalid-index", "error", "public.i")]


def test_an_empty_file_has_no_effect() -> None:
    assert rules(findings(users(), run=ran())) == [("no-effect", "error", "migration")]


def test_a_transaction_left_open() -> None:
    (found,) = findings(users(), run=ran(("BEGIN", None), left_open=True))
    assert (found.rule, found.severity) == ("left-open", "error")
    assert "rolled back" in found.message
    (found,) = findings(users(), run=ran(("PREPARE TRANSACTION", None), left_open=True))
    assert "prepared" in found.message


def test_a_failed_run_is_judged_by_what_it_lost_before() -> None:
    error = RunError(2, 3, "division by zero", "22012")
    found = findings(users(10, 9, removed=1), run=ran(("DELETE 1", 1), left_open=True, error=error))
    assert [each.rule for each in found] == ["rows-lost"]
    assert findings(users(), run=ran(error=error)) == ()


def test_statements_that_met_no_row_in_natural_order() -> None:
    run = ran(*[("UPDATE 0", 0)] * 11, ("SELECT 0", 0), ("CREATE TABLE", None))
    found = findings(users(), run=run)
    assert [each.subject for each in found][1::8] == ["statement 2", "statement 10"]
    assert rules(found)[0] == ("statement-changed-nothing", "warn", "statement 1")
    assert len(found) == 11


def test_an_update_that_rewrote_without_a_change() -> None:
    (found,) = findings(users(), run=ran(("UPDATE 300", 300)))
    assert rules((found,)) == [("no-op-update", "warn", "statement 1")]
    assert found.message == "300 rows reported as updated, yet no row differs: all were rewritten without a change"
    (found,) = findings(users(), run=ran(("BEGIN", None), ("UPDATE 3", 3), ("ROLLBACK", None)))
    assert found.message.endswith("rolled back")
    assert "no-op-update" not in {each.rule for each in findings(users(changed=1), run=ran(("UPDATE 300", 300)))}


def test_rollback_untested_only_where_something_changed() -> None:
    assert rules(findings(users(added=1), policy=Policy()))[0] == ("rollback-untested", "info", "migration")
    assert findings(users(), policy=Policy()) == ()


def test_errors_come_first_and_decide() -> None:
    found = findings(users(10, 9, removed=1, added=1), run=ran(("UPDATE 0", 0)), policy=Policy())
    assert [each.severity for each in found] == ["error", "warn", "info", "info"]
    assert [verdict(found), verdict(found[1:]), verdict(found[2:])] == ["fail", "warn", "pass"]
    assert all(each.message and each.remedy for each in found)
