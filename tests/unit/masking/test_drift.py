"""What changed since the last plan, and what that means for masks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stagecopy.masking.coverage import Coverage, cover
from stagecopy.masking.drift import drift, remembered
from stagecopy.masking.loader import load_rules
from stagecopy.model.catalog import Table
from stagecopy.model.drift import Drift
from tests.unit.classify_catalogs import catalog, column, table

RULES = """
tables:
  users:
    columns:
      id: {keep: a number}
      email: {mask: email}
      phone: {mask: phone}
      note: {mask: null}
"""
USERS = table("users", "id int pk", "email varchar(80)", "phone text", "note text")


def _covered(folder: Path, *tables: Table, rules: str = RULES) -> Coverage:
    path = folder / "rules.yaml"
    path.write_text(f"version: 1{rules}", encoding="utf-8")
    return cover(catalog(*tables), load_rules(path))


def _changes(folder: Path, *after: Table, rules: str = RULES) -> dict[str, Drift]:
    before = remembered(_covered(folder, USERS))
    found = drift(before, _covered(folder, *after, rules=rules))
    assert found is not None
    return {f"{each.change} {each.name.removeprefix('public.')}": each for each in found}


def _with(*columns: str) -> Table:
    return replace(USERS, columns=tuple(column(number, text) for number, text in enumerate(columns, 1)))


def test_nothing_to_compare_with_is_no_drift(tmp_path: Path) -> None:
    assert drift(None, _covered(tmp_path, USERS)) is None
    assert drift({"format": 99}, _covered(tmp_path, USERS)) is None


def test_the_same_again_is_no_drift(tmp_path: Path) -> None:
    assert _changes(tmp_path, USERS) == {}


def test_a_new_column_without_a_rule_stops_the_refresh(tmp_path: Path) -> None:
    found = _changes(tmp_path, _with("id int pk", "email varchar(80)", "phone text", "note text", "ssn text"))
    assert found.keys() == {"new users.ssn"}
    assert found["new users.ssn"].message == "no rule: refresh stops"


def test_a_new_column_with_a_rule_says_which(tmp_path: Path) -> None:
    after = _with("id int pk", "email varchar(80)", "phone text", "note text", "fax text")
    found = _changes(tmp_path, after, rules=RULES + "patterns: [{column: fax, mask: phone}]\n")
    assert found["new users.fax"].message.startswith("becomes `mask: phone`, by ")
    kept = _changes(tmp_path, after, rules=RULES + 'patterns: [{column: "*", keep: the rest}]\n')
    assert kept["new users.fax"].message.startswith("goes to staging as it is, by ")


def test_a_vanished_column_leaves_an_idle_rule(tmp_path: Path) -> None:
    found = _changes(tmp_path, _with("id int pk", "email varchar(80)", "note text"))
    gone = found["vanished users.phone"]
    assert gone.where is not None
    assert gone.where.endswith("rules.yaml:7")
    assert "idle" in gone.message


def test_a_shorter_type_changes_what_masks_put(tmp_path: Path) -> None:
    found = _changes(tmp_path, _with("id int pk", "email varchar(20)", "phone text", "note text"))
    assert found["changed users.email"].message == (
        "type character varying(80) → character varying(20): email masks may get shorter, then all values change"
    )


def test_not_null_is_too_much_for_mask_null(tmp_path: Path) -> None:
    found = _changes(tmp_path, _with("id int pk", "email varchar(80)", "phone text", "note text not null"))
    assert found["changed users.note"].message == "NOT NULL now: mask null does not fit any more"


@pytest.mark.parametrize(("name", "means"), [("email", "stay distinct"), ("phone", "is refused unless")])
def test_a_new_unique_index(name: str, means: str, tmp_path: Path) -> None:
    number = next(each.attnum for each in USERS.columns if each.name == name)
    key = replace(USERS.unique_keys[0], name="fresh", attnums=(number,), primary=False)
    found = _changes(tmp_path, replace(USERS, unique_keys=(*USERS.unique_keys, key)))
    assert means in found[f"changed users.{name}"].message


def test_a_mask_that_became_a_keep_is_said(tmp_path: Path) -> None:
    found = _changes(tmp_path, USERS, rules=RULES.replace("{mask: phone}", "{keep: no need}"))
    assert "goes to staging as it is now" in found["changed users.phone"].message


def test_tables_come_and_go(tmp_path: Path) -> None:
    fresh = table("visits", "id int pk", "mail text")
    found = _changes(tmp_path, fresh)
    assert found["new visits"].message == "2 of 2 columns without a rule: refresh stops"
    assert "idle" in found["vanished users"].message


def test_partitions_come_and_go_unnoticed(tmp_path: Path) -> None:
    root = table("log", "id int", kind="p")
    rules = "\ntables: {log: {columns: {id: {keep: a number}}}}\n"
    before = remembered(_covered(tmp_path, root, rules=rules))
    after = _covered(tmp_path, root, table("log_1", "id int", parent=root), rules=rules)
    assert drift(before, after) == ()


def test_rows_left_behind_are_a_change(tmp_path: Path) -> None:
    found = _changes(tmp_path, USERS, rules="\ntables: {users: {rows: none}}\n")
    assert found["changed users"].message == "its rows: copy before, empty now"
