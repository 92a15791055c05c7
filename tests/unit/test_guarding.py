"""What a guard lets production lose, and around which migrations a transaction can be put."""

from __future__ import annotations

import pytest

from stagecopy.errors import UsageError
from stagecopy.model.change import ColumnChange, Difference, SchemaChange, TableChange
from stagecopy.model.guard import TableLimit
from stagecopy.model.migration import SourceFile
from stagecopy.safety.expectation import Expectation, ExpectedTable, Span
from stagecopy.safety.guarding import Touched, limits
from stagecopy.trial.enclosing import wrappable

ROOTS = {("public", name): ("public", name) for name in ("users", "notes", "words", "schema_migrations", "old.name")}
ROOTS |= {("public", f"part_{each}"): ("public", "part") for each in "ab"}


def change(table: str, **facts: object) -> TableChange:
    return TableChange("public", table, 100, 90, **facts)  # type: ignore[arg-type]


def found(*tables: TableChange, expectation: Expectation | None = None, **deleted: int) -> dict[str, TableLimit]:
    touched = Touched([("public", "notes")], {("public", name): count for name, count in deleted.items()}, ROOTS)
    return {each.table: each for each in limits(Difference(tables, ()), touched, expectation)}


def test_without_an_expectation_what_the_trial_showed_is_the_limit() -> None:
    told = found(
        change("users", removed=10, columns={"mail": ColumnChange(lost=3), "plan": ColumnChange(changed=9)}),
        change("schema_migrations", removed=1),
        change("view", removed=5, derived=True),
        change("fresh", change="created", added=5),
        change("still"),
        users=10,
    )
    assert told == {
        "notes": TableLimit("public", "notes", deletes=True),
        "users": TableLimit("public", "users", 10, {"mail": 3}, deletes=True),
    }


def test_an_expectation_sets_the_limits_and_silence_means_none() -> None:
    rows = {"removed": Span(5, 12)}
    columns = {"mail": {"lost": Span(1, None)}, "name": {"changed": Span(1, 1)}}
    expectation = Expectation("f", {"public.users": ExpectedTable(rows, columns)})
    told = found(
        change("users", removed=10, columns={"mail": ColumnChange(lost=3)}),
        change("words", removed=2),
        expectation=expectation,
        users=11,
    )
    assert told["users"] == TableLimit("public", "users", 12, {"mail": None})  # more deleted than gone: not counted
    assert told["words"].removed == 0


def test_partitions_add_up_and_rows_without_a_key_may_have_changed() -> None:
    told = found(
        change("part_a", removed=2, columns={"x": ColumnChange(lost=1)}),
        change("part_b", removed=3, columns={"x": ColumnChange(lost=1)}),
        change("words", removed=9, added=7, keyless=True),
        part=5,
    )
    assert told["part"] == TableLimit("public", "part", 5, {"x": 2}, deletes=True)
    assert told["words"] == TableLimit("public", "words", 2, {}, 9)


def test_names_are_those_of_before() -> None:
    table = TableChange("public", "people", 9, 9, "public.old.name", columns={"b": ColumnChange(lost=1)})
    renamed = SchemaChange(
        "column", "renamed", "public.people.b", "public.old.name.a", "public.people.b", "public.people"
    )
    (limit,) = limits(Difference((table,), (renamed,)), Touched([], None, ROOTS), None)
    assert limit == TableLimit("public", "old.name", 0, {"a": 1})


def part(text: str) -> SourceFile:
    return SourceFile("m.sql", text.encode())


@pytest.mark.parametrize(
    ("texts", "opening", "body"),
    [
        (["SELECT 1"], None, "SELECT 1\n;"),
        (["SELECT 1; -- end"], None, "SELECT 1; -- end"),
        (["SELECT 1 -- no; end"], None, "SELECT 1 -- no; end\n;"),
        (["-- head\nBEGIN /* ; */ ; SELECT 1; COMMIT;"], "BEGIN", "-- head\n SELECT 1; "),
        (["START TRANSACTION READ WRITE; SELECT ';'; END"], "START TRANSACTION READ WRITE", " SELECT ';'; "),
        (["SAVEPOINT a; ROLLBACK TO a; ROLLBACK WORK TO b", "SELECT 2;"], None, None),
    ],
)
def test_what_one_transaction_can_enclose(texts: list[str], opening: str | None, body: str | None) -> None:
    made = wrappable([part(text) for text in texts])
    assert made.opening == opening
    assert body is None or made.text == body


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (["SELECT 1;\nCOMMIT"], "m.sql:2"),
        (["BEGIN; COMMIT; BEGIN; COMMIT"], "m.sql:1"),
        (["SELECT 1;\n\nPREPARE TRANSACTION 'x'"], "m.sql:3"),
        (["BEGIN; SELECT 1; ROLLBACK"], "m.sql:1"),
        (["BEGIN; SELECT 1; COMMIT AND CHAIN"], "m.sql:1"),
        (["ABORT"], "m.sql:1"),
        (["BEGIN; SELECT 1; COMMIT", "BEGIN; SELECT 2; COMMIT"], "m.sql"),
        (["SELECT 1 \\g"], "m.sql:1"),
    ],
)
def test_what_ends_transactions_itself_is_refused(texts: list[str], line: str) -> None:
    with pytest.raises(UsageError) as refused:
        wrappable([part(text) for text in texts])
    assert (refused.value.code, refused.value.where) == ("guard-impossible", line)
    assert refused.value.hint, "what to do instead"
