"""The diff against real servers: every case of diff_cases_*, compared both ways, and what single cases say beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from stagecopy.errors import StagingError
from stagecopy.model.change import ColumnChange, Difference, SchemaChange, TableChange
from tests.integration import diff_cases_rows, diff_cases_tables, diff_cases_types
from tests.integration.block_pair import both_ways, reads_blocks_always
from tests.integration.server_pair import ServerPair, migrate, server_pair

__all__ = ["reads_blocks_always"]
CASES = diff_cases_rows.CASES | diff_cases_types.CASES | diff_cases_tables.CASES


def _available(extension: str | None) -> bool:
    return extension is None or any(Path("/usr/share/postgresql").glob(f"*/extension/{extension}.control"))


@pytest.fixture(scope="module")
def servers() -> Iterator[ServerPair]:
    scripts = {name: case.before for name, case in CASES.items() if _available(case.extension)}
    with server_pair(scripts) as pair:
        yield pair


def told(change: TableChange) -> dict[str, Any]:
    """A table's change without what is 0."""
    found = {
        name: getattr(change, name)
        for name in ("change", "renamed_from", "added", "removed", "changed", "moved", "keyless")
        if getattr(change, name)
    }
    if (change.rows_before, change.rows_after) != (None, None):
        found["rows"] = (change.rows_before, change.rows_after)
    columns = {name: {k: v for k, v in asdict(each).items() if v} for name, each in change.columns.items()}
    return found | ({"columns": columns} if columns else {})


_done: dict[str, Difference] = {}


def run(servers: ServerPair, name: str) -> Difference:
    """The difference of one case, migrated once."""
    case = CASES[name]
    if not _available(case.extension):
        pytest.skip(f"no extension {case.extension} here")
    if name not in _done:
        migrate(servers.case(name)[1], case.migration)
        _done[name] = both_ways(servers, name).found
    return _done[name]


def table(difference: Difference, name: str) -> TableChange:
    return next(each for each in difference.tables if each.name == name)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.tables is not None])
def test_case(servers: ServerPair, name: str) -> None:
    difference = run(servers, name)
    found = {each.name: told(each) for each in difference.tables if each.touched or each.renamed_from}
    expected = {key if "." in key else f"public.{key}": value for key, value in (CASES[name].tables or {}).items()}
    assert found == expected
    for each in difference.tables:
        assert len(each.samples) <= 5


def lines(difference: Difference) -> list[tuple[str, str, str]]:
    return [(each.kind, each.change, each.name) for each in difference.schema]


def test_samples_of_a_change_show_key_and_differing_columns(servers: ServerPair) -> None:
    samples = table(run(servers, "update"), "public.t").samples
    assert len(samples) == 5
    assert (samples[0].key, samples[0].before, samples[0].after) == ({"id": "6"}, {"a": "v6"}, {"a": None})


def test_samples_show_what_was_removed_first(servers: ServerPair) -> None:
    samples = table(run(servers, "key_update"), "public.t").samples
    assert [(each.before is None, each.after is None) for each in samples] == [(False, True)] * 4 + [(True, False)]
    first = samples[0]
    assert first.key is not None
    assert first.before == {"id": first.key["id"], "a": f"v{first.key['id']}", "b": first.key["id"]}


def test_samples_are_cut(servers: ServerPair) -> None:
    for sample in table(run(servers, "toast"), "public.t").samples:
        values = [*(sample.before or {}).values(), *(sample.after or {}).values()]
        assert all(value is not None and len(value) == 80 for value in values)


def test_samples_of_a_moved_row_are_withdrawn(servers: ServerPair) -> None:
    difference = run(servers, "moved_by_key")
    assert table(difference, "public.p1").samples == ()
    assert [each.before for each in table(difference, "public.pd").samples] == [{"k": "30", "v": "v"}]


def test_rows_that_changed_nothing_have_no_samples(servers: ServerPair) -> None:
    assert table(run(servers, "noop_update"), "public.t").samples == ()
    assert table(run(servers, "rewritten"), "public.t").samples == ()


def test_partitioned_parents_are_listed_only_when_their_schema_changed(servers: ServerPair) -> None:
    assert [each.name for each in run(servers, "moved").tables] == ["public.p1", "public.p2"]
    parent = table(run(servers, "partitioned_column"), "public.p")
    assert (parent.rows_before, parent.rows_after) == (None, None)


def test_unpopulated_matview_has_no_rows(servers: ServerPair) -> None:
    difference = run(servers, "matview")
    assert (table(difference, "public.n").rows_before, table(difference, "public.n").rows_after) == (1, None)
    assert difference.schema == (
        SchemaChange("matview", "changed", "public.n", "populated", "unpopulated", "public.n"),
    )


def test_schema_of_nothing(servers: ServerPair) -> None:
    for name in ("nothing", "delete", "noop_update"):
        assert run(servers, name).schema == ()


def test_schema_of_a_type_change_is_the_column_alone(servers: ServerPair) -> None:
    assert run(servers, "int_to_bigint").schema == (
        SchemaChange("column", "changed", "public.t.b", "integer", "bigint", "public.t"),
        SchemaChange("column", "changed", "public.t.id", "integer NOT NULL", "bigint NOT NULL", "public.t"),
    )


def test_schema_of_a_rename_is_a_line(servers: ServerPair) -> None:
    assert run(servers, "rename").schema == (
        SchemaChange("setting", "added", "s", None, "schema"),
        SchemaChange("column", "renamed", "s.u.c", "public.t.a", "s.u.c", "s.u"),
        SchemaChange("table", "renamed", "s.u", "public.t", "s.u", "s.u"),
    )


def test_schema_of_a_dropped_table_lists_foreign_keys_lost_elsewhere(servers: ServerPair) -> None:
    assert lines(run(servers, "swapped_and_dropped")) == [
        ("constraint", "dropped", "public.orders.orders_user_id_fkey"),
        ("column", "dropped", "public.users.active"),
        ("column", "changed", "public.users.email"),
        ("column", "added", "public.users.extra"),
        ("column", "changed", "public.users.id"),
        ("constraint", "dropped", "public.users.users_email_key"),
        ("constraint", "dropped", "public.users.users_pkey"),
        ("default", "dropped", "public.users.active"),
        ("index", "dropped", "public.users.users_email_key"),
        ("index", "dropped", "public.users.users_pkey"),
    ]


def test_schema_of_a_swap_lists_what_the_new_table_lacks(servers: ServerPair) -> None:
    difference = run(servers, "swapped")
    assert lines(difference) == [
        ("constraint", "changed", "public.orders.orders_user_id_fkey"),
        ("column", "changed", "public.users.email"),
        ("column", "changed", "public.users.id"),
        ("constraint", "dropped", "public.users.users_email_key"),
        ("constraint", "dropped", "public.users.users_pkey"),
        ("default", "dropped", "public.users.active"),
        ("index", "dropped", "public.users.users_email_key"),
        ("index", "dropped", "public.users.users_pkey"),
        ("table", "renamed", "public.users_old"),
    ]
    moved = difference.schema[0]
    assert "REFERENCES public.users(id)" in (moved.before or "")
    assert "REFERENCES public.users_old(id)" in (moved.after or "")


def test_schema_of_created_and_dropped_is_one_line_each(servers: ServerPair) -> None:
    assert lines(run(servers, "dropped")) == [("table", "dropped", "public.t"), ("table", "added", "public.u")]


def test_schema_of_an_enum_label(servers: ServerPair) -> None:
    assert run(servers, "enum_rename").schema == (
        SchemaChange("enum", "renamed", "public.mood.blue", "public.mood.sad", "public.mood.blue"),
    )


def test_schema_parts(servers: ServerPair) -> None:
    assert lines(run(servers, "schema_parts")) == [
        ("function", "changed", "public.f()"),
        ("sequence", "added", "public.s"),
        ("column", "changed", "public.t.a"),
        ("comment", "added", "public.t"),
        ("constraint", "added", "public.t.c"),
        ("constraint", "renamed", "public.t.pk"),
        ("default", "added", "public.t.a"),
        ("grant", "added", "public.t"),
        ("index", "added", "public.t.bad"),
        ("index", "dropped", "public.t.i"),
        ("index", "renamed", "public.t.pk"),
        ("policy", "added", "public.t.p"),
        ("table", "changed", "public.t"),
        ("trigger", "changed", "public.t.g"),
        ("view", "changed", "public.w"),
    ]
    bad = next(each for each in run(servers, "schema_parts").schema if each.name == "public.t.bad")
    assert (bad.after or "").endswith(" INVALID")


def test_an_unreadable_table_is_named_without_its_values(servers: ServerPair) -> None:
    with pytest.raises(StagingError) as caught:
        run(servers, "unreadable")
    assert (caught.value.code, caught.value.where) == ("diff-failed", "public.t")
    assert "secret" not in caught.value.message


def test_column_change_of_an_added_column_is_text_free(servers: ServerPair) -> None:
    columns = table(run(servers, "add_column"), "public.t").columns
    assert columns["n"] == ColumnChange(type_to="text")
