"""Which columns a refused statement wanted to be unique, and what is said of rows and views in its way."""

from __future__ import annotations

import pytest

from stagecopy.flows.refusals import unique_key
from stagecopy.model.change import Difference
from stagecopy.model.effects import Effects, Refusal
from stagecopy.model.migration import MigrationRun
from stagecopy.safety.policy import Policy, judge


@pytest.mark.parametrize(
    ("text", "table", "key"),
    [
        ("CREATE UNIQUE INDEX ON users (mail)", ("users",), ("mail",)),
        ("create unique index concurrently if not exists u on only app.Users using btree (a, \"B c\")",
         ("app", "users"), ("a", "B c")),
        ("CREATE UNIQUE INDEX u ON users (a, b) WHERE a IS NOT NULL", ("users",), ("a", "b")),
        ("ALTER TABLE users ADD UNIQUE (mail)", ("users",), ("mail",)),
        ("ALTER TABLE ONLY app.users\n  ADD CONSTRAINT k PRIMARY KEY (id)", ("app", "users"), ("id",)),
        ("ALTER TABLE users ADD COLUMN x int, ADD CONSTRAINT k UNIQUE (a) DEFERRABLE", ("users",), ("a",)),
    ],
)  # fmt: skip
def test_plain_keys_are_read(text: str, table: tuple[str, ...], key: tuple[str, ...]) -> None:
    assert unique_key(text) == (table, key)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE UNIQUE INDEX ON users (lower(mail))",
        "CREATE UNIQUE INDEX ON users (mail) WHERE deleted IS NOT NULL",
        "CREATE UNIQUE INDEX ON users (mail) WHERE NOT deleted",
        "CREATE UNIQUE INDEX ON users (mail) NULLS NOT DISTINCT",
        "ALTER TABLE users ADD UNIQUE NULLS NOT DISTINCT (mail)",
        "INSERT INTO users VALUES (1)",
    ],
)
def test_others_are_left_to_the_server(text: str) -> None:
    assert unique_key(text) is None


def _said(refusal: Refusal) -> list[str]:
    run = MigrationRun("", 0.0, (), error=None, left_open=False, wal_bytes=None)
    found = judge(Difference((), ()), run, Policy(), Effects(refusal=refusal))
    return [f"{each.rule}: {each.message}" for each in found if each.subject == refusal.table]


def test_rows_and_views_in_the_way_are_told() -> None:
    (twice,) = _said(Refusal("app.users", ("mail",), keys=1, rows=3))
    assert twice.startswith("duplicate-rows: 1 value of mail stands in more than one row of app.users, in 3 rows")
    assert _said(Refusal("app.users", ("mail",), views=("app.v", "app.w"))) == [
        "depended-on: views app.v, app.w read app.users (mail), which stands in the way"
    ]
