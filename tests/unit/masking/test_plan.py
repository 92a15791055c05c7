"""The plan: precedence, fail closed, and everything refused before a row moves."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from stagecopy.errors import UsageError
from stagecopy.masking.loader import load_rules
from stagecopy.masking.plan import plan
from tests.unit.masking.factory import (
    KEY,
    catalog,
    column,
    planned,
    refused,
    rules_of,
    table,
    uncovered,
    unique,
)

EMAIL = column("email")


def test_a_plan_names_every_copied_column_in_order(tmp_path: Path) -> None:
    users = table(1, "users", column("id", "int4"), EMAIL, column("low", generated="s"), column("n"))
    made = planned(tmp_path, "tables:\n  users: {columns: {'*': {keep: test data}, email: {mask: email}}}\n", users)
    said = made.tables[1]
    assert [each.column.name for each in said.columns] == ["id", "email", "n"]
    assert (said.masked, said.action, said.reason) == (("email",), "copy", None)
    assert [each.masker is None for each in said.columns] == [True, False, True]
    assert (made.key_id, made.locale) == (KEY.id, "en_US")
    assert said.columns[1].where == f"{tmp_path}/rules.yaml:3"


def test_precedence(tmp_path: Path) -> None:
    rules = (
        "tables:\n  tenant_1.users: {columns: {email: {mask: email}}}\n"
        "  tenant_*.users: {columns: {email: {mask: hash}, nick: {mask: username}}}\n"
        "patterns:\n  - {column: nick, mask: text}\n  - {schema: other, column: '*', mask: city}\n"
        "  - {column: email, mask: text}\n"
    )
    tables = [
        table(n, f"{schema}.users", EMAIL, column("nick")) for n, schema in enumerate(("tenant_1", "tenant_2", "other"))
    ]
    made = planned(tmp_path, rules, *tables)
    assert [rules_of(made, oid) for oid in range(3)] == [
        {"email": "email", "nick": "username"},
        {"email": "hash", "nick": "username"},
        {"email": "city", "nick": "text"},
    ]


def test_two_globs_that_differ_are_an_error_naming_both_lines(tmp_path: Path) -> None:
    rules = "tables:\n  't*': {columns: {email: {mask: email}}}\n  '*_1': {columns: {email: {mask: hash}}}\n"
    assert refused(tmp_path, rules, table(1, "t_1", EMAIL)) == [
        "rules.yaml:4: public.t_1.email is `mask: hash` here and `mask: email` at "
        f"{tmp_path}/rules.yaml:3; keep one of them, or name table and column exactly".replace(f"{tmp_path}/", "")
    ]
    assert planned(tmp_path, rules.replace("hash", "email"), table(1, "t_1", EMAIL))


def test_patterns_match_type_and_comment_and_all_given_keys(tmp_path: Path) -> None:
    rules = (
        "patterns:\n  - {type: boolean, keep: no free text}\n"
        "  - {type: 'character*', comment: '*personal*', mask: text}\n"
        "  - {type: varchar, keep: not personal}\n"
    )
    columns = (
        column("ok", "bool", type="boolean"),
        column("a", "varchar", length=9, comment="is personal data"),
        column("b", "varchar", length=9),
    )
    assert rules_of(planned(tmp_path, rules, table(1, "t", *columns))) == {"ok": "keep", "a": "text", "b": "keep"}


def test_names_are_case_sensitive(tmp_path: Path) -> None:
    lines = refused(tmp_path, "tables:\n  Users: {columns: {Email: {mask: email}}}\n", table(1, "users", EMAIL))
    assert lines == ["rules.yaml:3: there is no table public.Users; did you mean 'public.users'?"]


def test_A33_rules_for_what_is_not_there_are_all_listed(tmp_path: Path) -> None:
    rules = (
        "tables:\n  usrs: {rows: none}\n  users: {columns: {emial: {mask: email}}}\n  'x*': {rows: none}\n"
        "  'user*': {columns: {phone: {mask: phone}}}\n  view: {rows: none}\n"
    )
    tables = (table(1, "users", EMAIL), table(2, "view", EMAIL, kind="m"))
    assert refused(tmp_path, rules, *tables) == [
        "rules.yaml:3: there is no table public.usrs; did you mean 'public.users'?",
        "rules.yaml:4: users has no column emial; did you mean 'email'?",
        "rules.yaml:5: x* matches nothing; take it out or mend the name",
        "rules.yaml:6: user*: column phone matches nothing; take it out or mend the name",
        "rules.yaml:7: view is a materialized view, no rows of it are copied; take the entry out",
    ]


def test_fails_closed_with_yaml_that_can_be_pasted(tmp_path: Path) -> None:
    users = table(
        1, "users", column("id", "int4", not_null=True), EMAIL, column("a.b"), column("born", "date"),
        column("key", "varchar", length=30), column("n", "int4"), unique_keys=(unique(1, primary=True), unique(5)),
    )  # fmt: skip
    failure = uncovered(tmp_path, "patterns: []\n", users, table(2, "odd.T: x", EMAIL))
    assert failure.exit_code == 7
    assert failure.columns[:3] == ("public.users.id", "public.users.email", "public.users.a.b")
    assert failure.yaml == (
        "version: 1\ntables:\n  public.users:\n    columns:\n"
        "      id: {keep: }  # integer: say why it may stay\n"
        "      email: {mask: text}  # text\n"
        '      "\\"a.b\\"": {mask: text}  # text\n'
        "      born: {mask: shift_date}  # date\n"
        "      key: {mask: hash}  # character varying(30), unique\n"
        "      n: {keep: }  # integer: say why it may stay, or {mask: null}\n"
        '  "odd.T: x":\n    columns:\n      email: {mask: text}  # text\n'
    )
    filled = failure.yaml.replace("{keep: }", "{keep: not personal}").removeprefix("version: 1\n")
    assert planned(tmp_path, filled, users, table(2, "odd.T: x", EMAIL)).tables[1].masked == (
        "email",
        "a.b",
        "born",
        "key",
    )


def test_rows_none_and_skip_need_no_column_rules(tmp_path: Path) -> None:
    rules = "tables:\n  a: {rows: none}\n  b: {skip: not readable}\n  m: {skip: not readable}\n  'a*': {rows: all}\n"
    made = planned(tmp_path, rules, table(1, "a", EMAIL), table(2, "b", EMAIL), table(3, "m", EMAIL, kind="m"))
    assert [(each.action, each.reason) for each in made.tables.values()] == [
        ("empty", "rows: none"), ("skip", "not readable"), ("skip", "not readable"),
    ]  # fmt: skip


def test_a_table_without_columns_is_copied(tmp_path: Path) -> None:
    assert planned(tmp_path, "patterns: []\n", table(1, "t")).tables[1].action == "copy"


def test_A13_a_partition_takes_its_parents_rule_unless_it_has_one(tmp_path: Path) -> None:
    tables = (
        table(1, "log", EMAIL, kind="p"),
        table(2, "log_1", EMAIL, parent_oid=1, kind="p"),
        table(3, "log_1_1", EMAIL, parent_oid=2),
        table(4, "log_2", EMAIL, parent_oid=1),
    )
    rules = "tables:\n  log: {columns: {email: {mask: email}}}\n  log_2: {columns: {email: {mask: hash}}}\n"
    made = planned(tmp_path, rules, *tables)
    assert set(made.tables) == {3, 4}
    assert (rules_of(made, 3), rules_of(made, 4)) == ({"email": "email"}, {"email": "hash"})
    emptied = planned(tmp_path, "tables:\n  log: {rows: none}\n", *tables)
    assert {each.action for each in emptied.tables.values()} == {"empty"}
    patterned = planned(tmp_path, "patterns:\n  - {table: log, mask: city}\n", *tables)
    assert rules_of(patterned, 3) == {"email": "city"}


@pytest.mark.parametrize("base", ["int4", "bool", "uuid", "jsonb", "_text", "mood", "timestamptz"])
def test_a_mask_refuses_types_it_does_not_take(tmp_path: Path, base: str) -> None:
    lines = refused(tmp_path, "tables:\n  t: {columns: {c: {mask: email}}}\n", table(1, "t", column("c", base)))
    assert lines[0].startswith("rules.yaml:3: mask email on public.t.c: takes text, ")


@pytest.mark.parametrize("base", ["text", "varchar", "bpchar", "citext", "name"])
def test_a_mask_takes_text_and_domains_over_it(tmp_path: Path, base: str) -> None:
    rules = "tables:\n  t: {columns: {c: {mask: city}}}\n"
    assert planned(tmp_path, rules, table(1, "t", column("c", base, type="a_domain")))


def test_A23_null_for_not_null_is_found_before_the_load(tmp_path: Path) -> None:
    lines = refused(tmp_path, "tables:\n  t: {columns: {c: {mask: null}}}\n", table(1, "t", column("c", not_null=True)))
    assert lines[0].startswith("rules.yaml:3: mask null on public.t.c: would put NULL into a NOT NULL column")


def test_A6_null_on_unique_is_fine_unless_nulls_are_not_distinct(tmp_path: Path) -> None:
    rules = "tables:\n  t: {columns: {c: {mask: null}}}\n"
    assert planned(tmp_path, rules, table(1, "t", column("c"), unique_keys=(unique(1),)))
    strict = table(1, "t", column("c"), unique_keys=(unique(1, nulls_not_distinct=True),))
    assert "unique index key_1" in refused(tmp_path, rules, strict)[0]


@pytest.mark.parametrize(
    ("mask", "length", "fits"),
    [
        ("email", 22, True), ("email", 21, False), ("email", 17, False), ("username", 10, True), ("username", 9, False),
        ("hash", 10, True), ("hash", 9, False), ("hash", 64, True),
    ],
)  # fmt: skip
def test_A21_a_unique_mask_fits_or_is_refused_with_the_odds(tmp_path: Path, mask: str, length: int, fits: bool) -> None:
    rules = f"tables:\n  t: {{columns: {{c: {{mask: {mask}}}}}}}\n"
    users = table(1, "t", column("c", "varchar", length=length), unique_keys=(unique(1),), estimated_rows=5_000_000)
    if fits:
        assert planned(tmp_path, rules, users)
    else:
        assert "characters" in refused(tmp_path, rules, users)[0]
        if length > 17:
            said = refused(tmp_path, rules, users)[0]
            assert "a unique column needs 50 (two of 5000000 rows would meet with a chance of" in said


def test_A23_a_value_too_long_is_found_before_the_load(tmp_path: Path) -> None:
    rules = "tables:\n  t: {columns: {c: {mask: constant, value: too long}}}\n"
    lines = refused(tmp_path, rules, table(1, "t", column("c", "varchar", length=3)))
    assert "value has 8 characters, character varying(3) holds 3" in lines[0]
    assert "is not a number" in refused(tmp_path, rules, table(1, "t", column("c", "int4")))[0]


@pytest.mark.parametrize("mask", ["city", "name", "text", "phone", "constant, value: x", "shift_date"])
@pytest.mark.parametrize("facts", [{}, {"partial": True}, {"primary": True}])
def test_A22_a_lossy_mask_on_a_unique_column_names_the_index(tmp_path: Path, mask: str, facts: dict[str, bool]) -> None:
    rules = f"tables:\n  t: {{columns: {{c: {{mask: {mask}}}}}}}\n"
    c = column("c", "date" if mask == "shift_date" else "text", not_null=True)
    lines = refused(tmp_path, rules, table(1, "t", c, unique_keys=(unique(1, **facts),)))
    assert len(lines) == 1
    assert "unique index key_1 refuses; use an injective mask (email, username, hash)" in lines[0]


def test_A22_in_a_composite_key_a_lossy_mask_needs_a_key_that_stays(tmp_path: Path) -> None:
    rules = "tables:\n  t: {columns: {id: {keep: a number}, first: {mask: first_name}, last: {mask: last_name}}}\n"
    columns = (column("id", "int4", not_null=True), column("first", not_null=True), column("last", not_null=True))
    assert len(refused(tmp_path, rules, table(1, "t", *columns, unique_keys=(unique(2, 3),)))) == 2
    assert len(refused(tmp_path, rules, table(1, "t", *columns, unique_keys=(unique(1, 3),)))) == 1
    keyed = table(1, "t", *columns, unique_keys=(unique(1, 3), unique(1, primary=True)))
    assert planned(tmp_path, rules, keyed)


def test_an_unknown_locale_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        planned(tmp_path, "patterns: []\n", table(1, "t"), locale="de_AT")
    assert caught.value.code == "unknown-locale"
    assert "de_DE" in caught.value.message + (caught.value.hint or "")


def test_no_text_of_a_plan_holds_the_key(tmp_path: Path) -> None:
    made = planned(tmp_path, "patterns:\n  - {column: '*', mask: email}\n", table(1, "t", EMAIL))
    assert "a fixed key for tests" not in repr(made)
    assert KEY.derive("mask email") not in repr(made)
    assert load_rules(tmp_path).files == (f"{tmp_path}/rules.yaml",)
    assert catalog().tables == ()


def test_A45_thousands_of_tables_and_entries_are_planned_quickly(tmp_path: Path) -> None:
    tables = [table(n, f"t{n}", EMAIL, column("name")) for n in range(1500)]
    entry = "{columns: {email: {mask: email}, name: {mask: name}}}"
    rules = "tables:\n" + "".join(f"  t{n}: {entry}\n" for n in range(1500))
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\n" + rules, encoding="utf-8")
    loaded = load_rules(path)
    started = time.process_time()
    assert len(plan(catalog(*tables), loaded, key=KEY, locale="en_US").tables) == 1500
    assert time.process_time() - started < 1.5
