"""Expectations: how the file is read, what it lets pass, what goes beyond it, and that a draft meets its own run."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagecopy.config.expectation import load_expectation, span
from stagecopy.errors import UsageError
from stagecopy.flows.expecting import Expecting, drafted, expecting
from stagecopy.model.change import ColumnChange, Difference, SchemaChange, TableChange
from stagecopy.model.findings import Finding
from stagecopy.model.migration import MigrationRun, SourceFile, StatementRun
from stagecopy.model.trial import TrialResult
from stagecopy.report.expectation import expectation_draft
from stagecopy.safety.expectation import Expectation, Span, against_expectation
from stagecopy.safety.policy import Agreed, Policy, judge, verdict

USERS = "public.users"
RUN = MigrationRun("00", 0.01, (StatementRun(1, 1, "sql", 0.1, None, "DO"),), None, False, 100)
QUIET = Policy(rollback="off")


def users(**facts: object) -> TableChange:
    return TableChange("public", "users", 100, 90, **facts)  # type: ignore[arg-type]


def added(name: str = "plan") -> SchemaChange:
    return SchemaChange("column", "added", f"{USERS}.{name}", None, "text", USERS)


def read(tmp_path: Path, text: str) -> Expectation:
    path = tmp_path / "up.expect.yaml"
    path.write_text(text)
    return load_expectation(path)


def found(expectation: Expectation, *tables: TableChange, schema: tuple[SchemaChange, ...] = ()) -> list[str]:
    findings = against_expectation(expectation, Difference(tables, schema))
    return [f"{each.severity} {each.subject}: {each.message}" for each in findings]


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [("5", 5, 5), ("0", 0, 0), ("5..10", 5, 10), ("5..", 5, None), ("..10", 0, 10), ("1_000", 1000, 1000)],
)
def test_numbers_and_ranges(text: str, least: int, most: int | None) -> None:
    assert span(text) == Span(least, most)


@pytest.mark.parametrize("text", ["", "..", "-1", "5-10", "10..5", "many", "1.5", "5...9"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(ValueError, match=r"write a number|ends before"):
        span(text)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("tables:\n  public.users: {removd: 1}\n", 2, "did you mean 'removed'"),
        ("tables:\n  a.b:\n    columns:\n      c: {losst: 1}\n", 4, "did you mean 'lost'"),
        ("tables:\n  a.b: {removed: some}\n", 2, "write a number"),
        ("schema:\n  - column added a.b.c\n  - colum added x\n", 3, "did you mean 'column'"),
        ("schema:\n  - column added\n", 2, "write kind, change and name"),
        ("lock: soon\n", 1, "write a duration"),
        ("tabels: {}\n", 1, "did you mean 'tables'"),
        ("- 1\n", 1, "keys and values"),
    ],
)
def test_mistakes_are_located(tmp_path: Path, text: str, line: int, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    assert (caught.value.code, caught.value.exit_code) == ("bad-expectation", 2)
    assert (caught.value.where or "").endswith(f"up.expect.yaml:{line}")
    assert says in f"{caught.value.message} {caught.value.hint}"


def test_what_happens_as_expected_is_not_worth_a_word(tmp_path: Path) -> None:
    text = (
        f"tables:\n  {USERS}: {{removed: 5..10, columns: {{mail: {{lost: 3}}}}}}\nschema: [column added {USERS}.plan]\n"
    )
    table = users(removed=10, columns={"mail": ColumnChange(lost=3)})
    assert found(read(tmp_path, text), table, schema=(added(),)) == []


def test_more_and_less_than_expected_are_said(tmp_path: Path) -> None:
    expectation = read(tmp_path, f"tables:\n  {USERS}: {{removed: 5, added: 7..9}}\n  gone.away: {{changed: 1..}}\n")
    assert found(expectation, users(removed=10, changed=2)) == [
        f"error {USERS}: expected 5 rows of public.users removed, 10 happened",
        f"warn {USERS}: expected 7 to 9 rows of public.users added, 0 happened",
        f"error {USERS}: 2 rows of public.users changed, none expected",
        "warn gone.away: expected at least 1 rows of gone.away changed, 0 happened",
    ]


def test_a_table_that_is_not_named_is_expected_to_stay() -> None:
    assert found(Expectation("f"), users(added=1)) == [f"error {USERS}: 1 rows of public.users added, none expected"]


def test_columns_count_only_where_the_file_speaks_of_them(tmp_path: Path) -> None:
    table = users(changed=4, columns={"mail": ColumnChange(changed=4, value_to_null=1, lost=1)})
    silent = read(tmp_path, f"tables:\n  {USERS}: {{changed: 4}}\n")
    assert found(silent, table) == []
    strict = read(tmp_path, f"tables:\n  {USERS}: {{changed: 4, columns: {{name: {{changed: 4}}}}}}\n")
    assert [each.split(":")[0] for each in found(strict, table)] == [
        f"error {USERS}.mail",
        f"error {USERS}.mail",
        f"warn {USERS}.name",
    ]


def test_changes_of_the_schema_are_held_against_the_list(tmp_path: Path) -> None:
    expectation = read(tmp_path, "schema: [index added public.users.i]\n")
    assert [each.partition(":")[0] for each in found(expectation, schema=(added(),))] == [
        f"error {USERS}.plan",
        "warn public.users.i",
    ]


def test_the_budget_of_locks_counts_where_they_are_known(tmp_path: Path) -> None:
    expectation, nothing = read(tmp_path, "lock: 2s\n"), Difference((), ())
    assert list(against_expectation(expectation, nothing)) == []
    assert list(against_expectation(expectation, nothing, longest_lock=1.9)) == []
    (over,) = against_expectation(expectation, nothing, longest_lock=2.5)
    assert (over.rule, over.severity) == ("beyond-expected", "error")


def judged(
    tmp_path: Path, text: str, *tables: TableChange, schema: tuple[SchemaChange, ...] = ()
) -> tuple[Finding, ...]:
    return judge(Difference(tables, schema), RUN, QUIET, agreed=Agreed(read(tmp_path, text)))


def test_an_announced_loss_is_no_error_and_one_row_more_is(tmp_path: Path) -> None:
    text = f"tables:\n  {USERS}: {{removed: 10}}\n"
    (loss,) = judged(tmp_path, text, users(removed=10))
    assert (loss.rule, loss.severity) == ("rows-lost", "info")
    assert "up.expect.yaml announces" in loss.remedy
    over = judged(tmp_path, text, users(removed=11))
    assert [(each.rule, each.severity) for each in over] == [("beyond-expected", "error"), ("rows-lost", "error")]


def test_announced_values_are_no_error_but_only_of_that_column(tmp_path: Path) -> None:
    text = f"tables:\n  {USERS}: {{columns: {{mail: {{lost: 1..5}}}}}}\nschema: [column dropped {USERS}.mail]\n"
    dropped = SchemaChange("column", "dropped", f"{USERS}.mail", "text", None, USERS)
    table = users(columns={"mail": ColumnChange(lost=5)})
    assert verdict(judged(tmp_path, text, table, schema=(dropped,))) == "pass"
    other = users(columns={"mail": ColumnChange(lost=5), "name": ColumnChange(lost=1, changed=1, value_to_null=1)})
    errors = {
        (each.rule, each.subject)
        for each in judged(tmp_path, text, other, schema=(dropped,))
        if each.severity == "error"
    }
    assert errors == {("values-lost", f"{USERS}.name"), ("beyond-expected", f"{USERS}.name")}


def test_a_draft_meets_the_run_it_was_made_from(tmp_path: Path) -> None:
    tables = (
        users(
            removed=10, changed=3, columns={"mail": ColumnChange(changed=3, value_to_null=1, value_to_value=2, lost=1)}
        ),
        TableChange(
            "odd.schema", 'na"me: #1', None, 5, change="created", added=5, columns={"x": ColumnChange(null_to_value=5)}
        ),
        TableChange("public", "old", 3, None, change="dropped", removed=3, columns={"x": ColumnChange(lost=3)}),
        TableChange("public", "filled", 9, 9, columns={"on": ColumnChange(null_to_value=9)}),
        TableChange("public", "still", 9, 9),
        TableChange("public", "schema_migrations", 1, 2, added=1),
    )
    schema = (added(), SchemaChange("table", "added", 'odd.schema.na"me: #1', None, "table", 'odd.schema.na"me: #1'))
    expectation = read(tmp_path, expectation_draft(Difference(tables, schema)))
    assert list(against_expectation(expectation, Difference(tables, schema))) == []
    assert set(expectation.tables) == {each.name for each in tables} - {"public.still", "public.schema_migrations"}
    more = (*tables[:-2], TableChange("public", "still", 9, 8, removed=1))
    assert [each.subject for each in against_expectation(expectation, Difference(more, schema))] == ["public.still"]


def test_the_file_lies_beside_a_single_migration(tmp_path: Path) -> None:
    up = tmp_path / "0042.up.sql"
    (tmp_path / "0042.up.expect.yaml").write_text("lock: 3s")
    one, other = SourceFile(str(up), b""), SourceFile("down.sql", b"")
    assert expecting([one], None, write=False).path == tmp_path / "0042.up.expect.yaml"
    assert expecting([one, other], None, write=False) == Expecting()
    assert expecting([other], None, write=False) == Expecting()
    assert expecting([SourceFile("-e", b"")], tmp_path / "0042.up.expect.yaml", write=False).expectation is not None


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        expecting([SourceFile("up.sql", b"")], tmp_path / "none.yaml", write=False)


def test_nothing_is_overwritten_and_a_failed_run_drafts_nothing(tmp_path: Path) -> None:
    up = SourceFile(str(tmp_path / "up.sql"), b"")
    with pytest.raises(UsageError) as unnamed:
        expecting([SourceFile("stdin", b"")], None, write=True)
    assert unnamed.value.code == "usage"
    wanted = expecting([up], None, write=True)
    broken = MigrationRun("00", 0.01, (), None, True, 100)
    result = TrialResult(trial="t", exit=0, run=broken, difference=Difference((users(removed=1),), ()))
    assert drafted(wanted, result) is not None
    assert not (tmp_path / "up.expect.yaml").exists()
    whole = TrialResult(trial="t", exit=0, run=RUN, difference=result.difference)
    written = drafted(wanted, whole)
    assert written is not None
    assert written.written
    text = (tmp_path / "up.expect.yaml").read_text()
    again = drafted(wanted, whole)  # it came up in between
    assert again is not None
    assert not again.written
    with pytest.raises(UsageError) as there:
        expecting([up], None, write=True)
    assert there.value.code == "file-exists"
    assert (tmp_path / "up.expect.yaml").read_text() == text
