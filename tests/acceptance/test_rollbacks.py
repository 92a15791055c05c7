"""The way back of a migration, and deployments that die in the middle, as `stagecopy trial` tells of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from stagecopy.model.server import Address
from tests.acceptance.harness import Shop, shop_of
from tests.integration.scratch_server import database_of

PRODUCTION = """
CREATE TABLE users (id int PRIMARY KEY, email text, phone text);
INSERT INTO users SELECT i, 'user' || i || '@corp.test', '+49 30 ' || i FROM generate_series(1, 50) i;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lock_timeout = %L', current_database(), '5s'); END $$;
"""
ADD = "ALTER TABLE users ADD COLUMN seen int;\n"
TAKE = "ALTER TABLE users DROP COLUMN seen;\n"


@pytest.fixture(scope="module")
def shop(scratch_server: Address) -> Iterator[Shop]:
    """A refreshed project with fifty users."""
    with database_of(scratch_server) as production, shop_of(production, "embedded") as shop:
        shop.keep_everything()
        shop.production_sql(PRODUCTION)
        shop.refreshed()
        yield shop


def rules(document: Any) -> list[str]:
    return sorted(f"{each['severity']} {each['rule']}" for each in document["findings"])


def test_a_folder_goes_back_last_first_and_a_bad_way_back_refuses_where_the_policy_says_so(shop: Shop) -> None:
    shop.write("migrations/1_seen.up.sql", ADD)
    shop.write("migrations/1_seen.down.sql", TAKE)
    shop.write("migrations/2_fill.up.sql", "UPDATE users SET seen = 1;\n")
    shop.write("migrations/2_fill.down.sql", "UPDATE users SET seen = NULL;\n")  # fails once the column is gone
    done = shop.run("trial", "migrations", "--json")
    rollback = done.document["rollback"]
    assert (done.code, rollback["restores"], rollback["up_again"]) == (0, True, "works"), done.out
    assert rollback["sources"] == ["migrations/2_fill.down.sql", "migrations/1_seen.down.sql"]
    shop.write("other.sql", "SELECT 1;\n")
    shop.configure(policy="{rollback: error}")
    try:
        bad = shop.run("trial", "migrations/1_seen.up.sql", "--down", "other.sql", "--json")
    finally:
        shop.configure()
    assert (bad.code, bad.document["verdict"], bad.document["error"]) == (1, "fail", None)
    assert rules(bad.document) == ["error rollback-incomplete", "error up-again-fails", "info column-added"]
    left = [each["message"] for each in bad.document["rollback"]["differences"]]
    assert left == ["column public.users.seen left behind"]


def test_the_down_part_of_the_same_file_is_the_way_back_unless_nobody_wants_to_know(shop: Shop) -> None:
    text = f"-- +goose Up\n{ADD}-- +goose Down\nDROP TABLE nowhere;\n"
    shop.write("3_goose.sql", text)
    done = shop.run("trial", "3_goose.sql", "--json")
    assert (done.code, done.document["verdict"]) == (0, "warn")
    assert done.document["rollback"]["error"] == {
        "statement": 1,
        "line": 4,
        "message": 'table "nowhere" does not exist',
        "sqlstate": "42P01",
    }
    assert done.document["migration"]["error"] is None
    shop.configure(policy="{rollback: off}")
    try:
        quiet = shop.run("trial", "3_goose.sql", "--json")
    finally:
        shop.configure()
    assert (quiet.document["rollback"]["tested"], rules(quiet.document)) == (False, ["info column-added"])


def test_a_deployment_is_killed_after_each_statement_and_in_the_middle_of_what_runs_concurrently(shop: Shop) -> None:
    shop.write(
        "4_kill.sql",
        "SET lock_timeout = '5s';\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS users_email ON users (email);\n"
        "INSERT INTO users (id, phone) SELECT max(id) + 1, 'new' FROM users;\n"
        "CREATE TABLE visits (id int);\n",
    )
    done = shop.run("trial", "4_kill.sql", "--interrupt", "--json")
    kills = {(each["after"], each["during"]): each for each in done.document["interrupt"]}
    assert list(kills) == [(1, None), (1, 2), (2, None), (3, None)]
    assert (kills[1, None]["left"], kills[1, None]["rerun"]) == ([], "works")
    half = kills[1, 2]
    assert half["left"] == ["index public.users.users_email left behind"]
    assert half["rerun"] == "differs"  # IF NOT EXISTS is content with an index that no query may use
    assert half["differences"] == ["index public.users.users_email comes out as another one the second time"]
    assert (kills[2, None]["left"], kills[2, None]["rerun"]) == (half["left"], "works")
    assert kills[3, None]["left"] == ["1 row of public.users left behind", "index public.users.users_email left behind"]
    assert kills[3, None]["rerun"] == "differs"
    assert "warn not-rerunnable" in rules(done.document)
    end = time.monotonic() + 30  # the next trial's clone is made ready beside us
    while _clones(shop) and time.monotonic() < end:
        time.sleep(0.2)
    assert _clones(shop) == []


def _clones(shop: Shop) -> list[str]:
    listed = shop.run("staging", "list", "--json").document["directories"]
    return [each["kind"] for each in listed if each["kind"] not in ("served", "snapshot", "ready")]


def test_what_is_one_transaction_leaves_nothing_and_what_is_not_fails_again(shop: Shop) -> None:
    statements = "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\nCREATE TABLE c (id int);\n"
    shop.write("5_whole.sql", f"BEGIN;\n{statements}COMMIT;\n")
    whole = shop.run("trial", "5_whole.sql", "--interrupt", "--json").document["interrupt"]
    assert [(each["after"], each["left"], each["rerun"]) for each in whole] == [(n, [], "works") for n in range(1, 5)]
    shop.write("6_parts.sql", statements)
    reported = shop.run("trial", "6_parts.sql", "--interrupt")
    assert reported.code == 0
    text = " ".join(reported.out.split())
    again = 'a second run FAILS at statement 1: relation "a" already exists'
    for line in ("1 table public.a left behind", "2 table public.a left behind; table public.b left behind"):
        assert f"after statement {line} {again}" in text, reported.out
    shop.write("7_psql.sql", "\\echo hello\n")
    for words, why in ((["--", "true"], "a command sends"), (["7_psql.sql"], "psql, which these files need, sends")):
        refused = shop.run("trial", "--interrupt", "--json", *words)
        assert (refused.code, refused.document["error"]["code"]) == (2, "usage")
        assert why in refused.document["error"]["message"]
        assert "into a file and try that" in refused.document["error"]["hint"]
