"""What is proposed beside rules that exist, what patterns are made, what a catch-all lets through, why."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagecopy.errors import UsageError
from stagecopy.masking.checked import checked_tables
from stagecopy.masking.classify import classify
from stagecopy.masking.coverage import Coverage, cover
from stagecopy.masking.explain import explain, find_column, find_table
from stagecopy.masking.keys import MaskKey
from stagecopy.masking.loader import load_rules
from stagecopy.masking.odds import collisions
from stagecopy.masking.personal import kept_personal
from stagecopy.masking.plan import plan
from stagecopy.masking.suggest import Suggestions, suggest
from stagecopy.model.catalog import Catalog
from tests.unit.classify_catalogs import catalog, referencing, table

KEY = MaskKey(b"a key for tests, long enough to be taken")
USERS = table("users", "id int pk", "email varchar(80) unique not null", "active bool", "created_at timestamptz")
ORDERS = referencing(
    table("orders", "id int pk", "user_id int", "paid bool", "created_at timestamptz"), "user_id", USERS, "id"
)
SHOP = catalog(USERS, ORDERS)


def _covered(made: Catalog, folder: Path, rules: str) -> Coverage:
    path = folder / "rules.yaml"
    path.write_text(f"version: 1\n{rules}", encoding="utf-8")
    return cover(made, load_rules(path))


def _suggested(coverage: Coverage) -> Suggestions:
    return suggest(coverage, classify(coverage.catalog))


def _again(found: Suggestions, folder: Path, made: Catalog, rules: str) -> Coverage:
    """The rules with what was suggested beside them."""
    (folder / "proposed.yaml").write_text(found.yaml or "", encoding="utf-8")
    (folder / "rules.yaml").write_text(f"version: 1\n{rules}", encoding="utf-8")
    return cover(made, load_rules(folder))


def test_what_has_a_rule_is_not_proposed_again(tmp_path: Path) -> None:
    found = _suggested(_covered(SHOP, tmp_path, "tables: {users: {columns: {email: {mask: hash}}}}"))
    assert "public.users.email" not in {each.name for each in found.proposed}
    assert found.covered == 1
    assert "email" not in (found.yaml or "")


def test_all_that_is_proposed_covers_everything(tmp_path: Path) -> None:
    rules = "tables: {users: {columns: {email: {mask: hash}}}}"
    coverage = _again(_suggested(_covered(SHOP, tmp_path, rules)), tmp_path, SHOP, rules)
    assert coverage.uncovered() == []
    assert _suggested(coverage).yaml is None


def test_harmless_columns_become_patterns_of_one_name_and_type(tmp_path: Path) -> None:
    found = _suggested(_covered(SHOP, tmp_path, ""))
    assert {(each.globs, each.reason) for each in found.patterns} == {
        ((("type", "boolean"),), "boolean"),
        ((("column", "id"), ("type", "integer")), "surrogate key"),
        ((("column", "created_at"), ("type", "timestamp with time zone")), "time of bookkeeping"),
    }


def test_no_pattern_where_one_of_its_columns_is_something_else(tmp_path: Path) -> None:
    other = table("visits", "id int pk", "user_id int", "seen bool")
    made = catalog(USERS, ORDERS, other)
    found = _suggested(_covered(made, tmp_path, "patterns: [{table: visits, type: boolean, mask: null}]"))
    assert "boolean" not in {each.reason for each in found.patterns}


def test_a_time_that_is_no_bookkeeping_has_its_own_line(tmp_path: Path) -> None:
    made = catalog(
        table("patients", "id int pk", "last_name text", "diagnosed_at timestamptz"),
        table("visits", "id int pk", "diagnosed_at timestamptz"),
    )
    found = _suggested(_covered(made, tmp_path, ""))
    assert all(dict(each.globs).get("column") != "diagnosed_at" for each in found.patterns)


def test_a_key_follows_the_rule_its_reference_has_already(tmp_path: Path) -> None:
    people = table("people", "mail varchar(80) pk")
    letters = referencing(table("letters", "id int pk", "to_mail varchar(80)"), "to_mail", people, "mail")
    made = catalog(people, letters)
    rules = "tables: {letters: {columns: {to_mail: {mask: hash}}}}"
    found = _suggested(_covered(made, tmp_path, rules))
    assert {each.name: each.mask for each in found.proposed}["public.people.mail"] == "hash"
    _again(found, tmp_path, made, rules)
    plan(made, load_rules(tmp_path), key=KEY, locale="en_US")


def test_a_keep_over_what_is_surely_personal_is_to_be_looked_at_again(tmp_path: Path) -> None:
    found = _suggested(_covered(SHOP, tmp_path, "tables: {users: {columns: {email: {keep: we need it}}}}"))
    assert [(each.name, where.rpartition(":")[2]) for each, where in found.again] == [("public.users.email", "2")]


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        ('patterns: [{column: "*", keep: all of it}]', ["public.users.email"]),
        ('tables: {"*": {columns: {email: {keep: by a glob}}}}', ["public.users.email"]),
        ("tables: {users: {columns: {email: {keep: looked at}}}}", []),
        ("tables: {users: {rows: none}}", []),
        ('patterns: [{column: email, mask: hash}, {column: "*", keep: the rest}]', []),
    ],
)
def test_only_what_a_catch_all_keeps_is_counted(rules: str, names: list[str], tmp_path: Path) -> None:
    kept = kept_personal(_covered(SHOP, tmp_path, rules))
    assert [each.name for each in kept] == names


def test_a_partitioned_table_is_covered_by_its_partitions(tmp_path: Path) -> None:
    root = table("log", "id int", "mail text", kind="p")
    parts = [table(f"log_{name}", "id int", "mail text", parent=root) for name in "ab"]
    made = catalog(root, *parts)
    rule = "{columns: {id: {keep: a number}, mail: {mask: email}}}"
    assert _covered(made, tmp_path, f"tables: {{log_a: {rule}, log_b: {rule}}}").uncovered() == []
    open_columns = _covered(made, tmp_path, f"tables: {{log_a: {rule}}}").uncovered()
    assert [column.name for _, column in open_columns] == ["id", "mail"]


def test_explain_lists_rules_in_the_order_in_which_they_win(tmp_path: Path) -> None:
    rules = """
use: [django-auth]
tables:
  "u*": {columns: {email: {mask: hash}}}
  users: {columns: {email: {mask: email}}}
patterns:
  - {column: "*mail", keep: nobody will see}
"""
    coverage = _covered(SHOP, tmp_path, rules)
    found = explain(coverage, *find_column(SHOP, "users.email"))
    assert [each.step for each in found.candidates] == ["exact", "glob", "pattern"]
    assert found.rule is not None
    assert (found.rule.mask, found.rule.where.rpartition(":")[2]) == ("email", "6")
    assert found.unique == ("users_2",)


def test_explain_names_the_key_whose_rule_it_is(tmp_path: Path) -> None:
    coverage = _covered(SHOP, tmp_path, "tables: {users: {columns: {id: {keep: a number}}}}")
    found = explain(coverage, *find_column(SHOP, "public.orders.user_id"))
    assert (found.key, found.members) == ("public.users.id", ("public.users.id",))
    assert found.rule is not None
    by = {(one.name, each.name): each.by for one in checked_tables(coverage) for each in one.columns}
    assert by["public.orders", "user_id"] == "key"
    assert by["public.users", "email"] is None


@pytest.mark.parametrize(
    ("text", "code", "close"),
    [
        ("users.emial", "no-such-column", "public.users.email"),
        ("usres.email", "no-such-table", "public.users"),
        ("email", "no-such-column", ""),
    ],
)
def test_a_mistyped_name_gets_the_nearest(text: str, code: str, close: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_column(SHOP, text)
    assert caught.value.code == code
    assert close in (caught.value.hint or "")


def test_a_mistyped_table_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match="no table") as caught:
        find_table(SHOP, "user")
    assert caught.value.code == "no-such-table"


def test_the_odds_are_those_of_the_birthday_bound(tmp_path: Path) -> None:
    from dataclasses import replace

    many = replace(USERS, estimated_rows=5_000_000)
    path = tmp_path / "rules.yaml"
    path.write_text(
        'version: 1\ntables: {users: {columns: {email: {mask: email}}}}\npatterns: [{column: "*", keep: the rest}]\n'
    )
    planned = plan(catalog(many), load_rules(path), key=KEY, locale="en_US")
    [found] = collisions(planned.tables.values())
    assert (found.column, found.bits) == ("public.users.email", 60)
    assert found.odds == pytest.approx(5_000_000**2 / 2**61)
