"""Columns joined by foreign keys end at one mask."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from stagecopy.model.catalog import Table
from tests.unit.masking.factory import column, foreign, planned, refused, rules_of, table, uncovered, unique

USERS = table(1, "users", column("email", "varchar", length=60, not_null=True), unique_keys=(unique(1),))


def posts(**facts: object) -> Table:
    plain = table(2, "posts", column("author", "varchar", length=40), foreign_keys=(foreign((1,), 1, (1,)),))
    return replace(plain, **facts)  # type: ignore[arg-type]


def test_a_foreign_key_member_inherits_the_keys_rule_and_its_masks_are_equal(tmp_path: Path) -> None:
    plan = planned(tmp_path, "tables:\n  users: {columns: {email: {mask: email}}}\n", USERS, posts())
    key, member = plan.tables[1].columns[0], plan.tables[2].columns[0]
    assert (member.rule, member.where) == ("email", key.where)
    assert key.masker is not None
    assert member.masker is not None
    raw = pl.Series(["Bob@x.com", "ann@x.com", None])
    masked = key.masker.apply(raw).to_list()
    assert masked == member.masker.apply(raw).to_list()
    assert max(len(value) for value in masked[:2]) <= 40


def test_a_different_rule_on_a_member_names_both_lines(tmp_path: Path) -> None:
    rules = "tables:\n  users: {columns: {email: {mask: email}}}\n  posts: {columns: {author: {mask: hash}}}\n"
    line = refused(tmp_path, rules, USERS, posts())[0]
    assert line.startswith("rules.yaml:4: public.posts.author is `mask: hash` here")
    assert "public.users.email, which is `mask: email` at rules.yaml:3" in line
    kept = rules.replace("{mask: hash}", "{keep: not personal}")
    assert refused(tmp_path, kept, USERS, posts())[0].startswith("rules.yaml:4: public.posts.author is `keep` here")


def test_a_keep_pattern_gives_way_to_the_keys_mask_but_never_the_other_way(tmp_path: Path) -> None:
    rules = (
        "tables:\n  users: {columns: {email: {mask: email}}}\npatterns:\n  - {column: author, keep: looked harmless}\n"
    )
    assert rules_of(planned(tmp_path, rules, USERS, posts()), 2) == {"author": "email"}
    rules = "tables:\n  users: {columns: {email: {keep: test data}}}\npatterns:\n  - {column: author, mask: email}\n"
    assert "posts.author is `mask: email` here" in refused(tmp_path, rules, USERS, posts())[0]


def test_an_uncovered_key_is_asked_for_once(tmp_path: Path) -> None:
    assert uncovered(tmp_path, "patterns: []\n", USERS, posts()).columns == ("public.users.email",)
    rules = "tables:\n  users: {rows: none}\n"
    assert uncovered(tmp_path, rules, USERS, posts()).columns == ("public.posts.author",)


def test_A25_chains_rings_and_self_references_end_at_one_mask(tmp_path: Path) -> None:
    key = column("id", not_null=True)
    a = table(
        1, "a", key, column("boss"), unique_keys=(unique(1, primary=True),), foreign_keys=(foreign((2,), 1, (1,)),)
    )
    b = table(2, "b", key, unique_keys=(unique(1, primary=True),), foreign_keys=(foreign((1,), 1, (1,)),))
    c = table(3, "c", key, unique_keys=(unique(1, primary=True),), foreign_keys=(foreign((1,), 2, (1,)),))
    plan = planned(tmp_path, "tables:\n  a: {columns: {id: {mask: hash}}}\n", a, b, c)
    assert [rules_of(plan, oid) for oid in (1, 2, 3)] == [
        {"id": "hash", "boss": "hash"},
        {"id": "hash"},
        {"id": "hash"},
    ]
    ring = (replace(a, foreign_keys=(foreign((1,), 3, (1,)), foreign((2,), 1, (1,)))), b, c)
    assert rules_of(planned(tmp_path, "tables:\n  b: {columns: {id: {mask: hash}}}\n", *ring), 3) == {"id": "hash"}


def test_partitions_join_their_parents_foreign_keys(tmp_path: Path) -> None:
    parent = posts(kind="p")
    leaf = table(3, "posts_1", column("author", "varchar", length=40), parent_oid=2)
    plan = planned(tmp_path, "tables:\n  users: {columns: {email: {mask: email}}}\n", USERS, parent, leaf)
    assert rules_of(plan, 3) == {"author": "email"}


def test_what_is_set_to_null_refers_to_nothing(tmp_path: Path) -> None:
    users = table(1, "users", column("email", not_null=True), unique_keys=(unique(1),))
    notes = table(2, "notes", column("email"), foreign_keys=(foreign((1,), 1, (1,)),))
    rules = "tables:\n  users: {columns: {email: {mask: email}}}\n  notes: {columns: {email: {mask: null}}}\n"
    assert rules_of(planned(tmp_path, rules, users, notes), 2) == {"email": "null"}
