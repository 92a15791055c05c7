"""A trial says which queries of the running application a migration breaks or slows down; no value of them gets out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.usage import raw_statements
from tests.acceptance.harness import Done, Shop, shop_of
from tests.integration.scratch_server import running_server

CANARY = "ann-canary-4711"
BEFORE = f"""
CREATE SCHEMA extras; CREATE EXTENSION pg_stat_statements SCHEMA extras;
CREATE TABLE users (id int PRIMARY KEY, mail text NOT NULL, nick text, plan text);
CREATE TABLE events (id int PRIMARY KEY, user_id int NOT NULL, note text);
CREATE INDEX events_user ON events (user_id);
INSERT INTO users SELECT i, 'u' || i, '{CANARY}', 'pro' FROM generate_series(1, 50) i;
INSERT INTO events SELECT i, i % 50, 'x' FROM generate_series(1, 5000) i;
ANALYZE
"""
OFTEN = [
    "SELECT nick FROM users WHERE id = 7",
    f"/* who={CANARY} */ SELECT mail FROM users WHERE nick = '{CANARY}'",
    "INSERT INTO users (id, mail) SELECT 8, 'x' WHERE false",
]
ONCE = [
    f'SELECT plan AS "{CANARY}" FROM users',
    f"CREATE TABLE copied AS SELECT '{CANARY}' AS a",
    "DROP TABLE copied",
    f"SET application_name = '{CANARY}'",
    f"SELECT count(*) FROM users WHERE nick = 'it''s \\{CANARY}'",
]
MIGRATION = """
ALTER TABLE users RENAME nick TO alias;
DROP INDEX events_user;
ALTER TABLE users ADD kind text NOT NULL DEFAULT 'x';
ALTER TABLE users ALTER kind DROP DEFAULT, DROP plan;
"""
QUERIES = f"""-- asked on the page of one user
SELECT note FROM events WHERE user_id = $1 AND note <> '{CANARY}';
SELECT id FROM users WHERE mail = $1;
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A production whose queries are counted, read by a refresh."""
    with running_server(shared_preload_libraries="pg_stat_statements") as production:
        with psycopg.connect(production.url, autocommit=True) as connection:
            connection.execute(BEFORE.encode())
            connection.execute("SET enable_seqscan = off")
            for text in [*OFTEN * 12, *ONCE]:
                connection.execute(text.encode())
            for number in range(120):
                connection.execute(f"SELECT id FROM events WHERE user_id = {number}".encode())
        with shop_of(production, "embedded") as shop:
            shop.rules(RULES)
            shop.refreshed()
            yield shop


RULES = """
tables:
  public.users: {columns: {nick: {mask: text}}}
patterns:
  - {column: "*", keep: nothing personal in this test}
"""


def _told(document: Any) -> dict[str, tuple[str, str | None]]:
    """By query: what became of it."""
    found = {each["query"]: ("broken", each["sqlstate"]) for each in document["application"]["broken"]}
    return found | {each["query"]: ("flipped", each["lost_index"]) for each in document["application"]["flipped"]}


def _holding(folder: Path, word: str) -> list[str]:
    """Files below *folder*, data files of servers too, in which *word* stands. The pool's image is mounted there."""
    found = []
    for path in (Path(parent, name) for parent, _, names in os.walk(folder) for name in names):
        with suppress(FileNotFoundError):  # of the clone that is just being made for the next trial
            if path.suffix != ".img" and path.is_file() and word.encode() in path.read_bytes():
                found.append(str(path))
    return found


@pytest.fixture(scope="module")
def done(shop: Shop) -> Done:
    """A trial that breaks and slows down several, with its reports."""
    shop.write("app.sql", QUERIES)
    return shop.trial(MIGRATION, "--queries", "app.sql", "--report", "report.html", "--report", "report.md")


def test_the_queries_of_production_are_asked_again(done: Done) -> None:
    assert (done.code, done.document["error"]) == (1, None), done.err
    told, application = _told(done.document), done.document["application"]
    assert (application["source"], application["missing"]) == ("app.sql, pg_stat_statements 1.10", None)
    assert told == {
        "SELECT note FROM events WHERE user_id = $1 AND note <> $2": ("flipped", "public.events_user"),
        "SELECT nick FROM users WHERE id = $1": ("broken", "42703"),
        "SELECT mail FROM users WHERE nick = $1": ("broken", "42703"),
        "SELECT count(*) FROM users WHERE nick = $1": ("broken", "42703"),
        "INSERT INTO users (id, mail) SELECT $1, $2 WHERE $3": ("broken", "23502"),
        'SELECT plan AS "x1" FROM users': ("broken", "42703"),
        "SELECT id FROM events WHERE user_id = $1": ("flipped", "public.events_user"),
    }
    severities = {(each["rule"], each["severity"]) for each in done.document["findings"]}
    assert {("query-broken", "error"), ("query-broken", "warn"), ("plan-flipped", "warn")} <= severities
    (dropped,) = [each for each in done.document["findings"] if each["rule"] == "used-index-dropped"]
    assert dropped["subject"] == "public.events.events_user"
    assert "used 120 times" in dropped["message"]
    assert "no-query-statistics" not in {each["code"] for each in done.document["fidelity"]}


def test_no_value_of_a_query_is_kept_or_shown(shop: Shop, done: Done) -> None:
    kept = [path.read_text(encoding="utf-8") for path in (shop.home / "snapshots").glob("*.usage.json")]
    assert ["SELECT mail FROM users" in each for each in kept] == [True]
    shown = shop.run("trial", "migration.sql", "--queries", "app.sql", "-v")
    assert "the running application" in shown.out
    reports = [shop.folder / name for name in ("report.html", "report.md")]
    said = [done.out, done.err, shown.out, shown.err, *(path.read_text(encoding="utf-8") for path in reports)]
    assert [text for text in said if CANARY in text] == []
    backups = str(shop.home / "backups")
    assert [path for path in _holding(shop.home, CANARY) if not path.startswith(backups)] == []


def test_asking_changes_nothing(shop: Shop) -> None:
    """Nor what the trial says of the migration."""
    asked = shop.trial("UPDATE users SET plan = 'free' WHERE id < 5", "--exhaustive")
    assert asked.code == 0
    assert asked.document["application"]["queries"] >= 5
    assert (asked.document["application"]["broken"], asked.document["application"]["flipped"]) == ([], [])
    assert [(each["name"], each["changed"]) for each in asked.document["tables"]] == [("public.users", 4)]
    assert asked.document["schema"] == []


@pytest.mark.parametrize(("text", "code"), [("SELECT 1;\nDROP TABLE users", "not-a-query"), (None, "no-such-file")])
def test_what_cannot_be_asked_is_refused(shop: Shop, text: str | None, code: str) -> None:
    if text:
        shop.write("queries.sql", text)
    done = shop.trial("SELECT 1", "--queries", "queries.sql" if text else "nowhere.sql")
    assert (done.code, done.document["error"]["code"]) == (2, code)
    assert not text or done.document["error"]["where"] == "queries.sql:2"


def test_what_cannot_be_read_is_said(shop: Shop) -> None:
    """No extension, one of before 1.8, queries of others."""
    with psycopg.connect(shop.production.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bare")
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reading'")
    with connect_staging(shop.production.to(database="bare")) as bare:
        assert "not installed" in (raw_statements(bare, most=9).missing or "")
        bare.execute("CREATE TABLE public.t (a int)")
        bare.execute("SELECT a FROM public.t")
        bare.execute("CREATE EXTENSION pg_stat_statements SCHEMA public VERSION '1.7'")
        assert "SELECT a FROM public.t" in {text for _, _, text, _ in raw_statements(bare, most=99).rows}
    with connect_staging(shop.production.to(user="reader", password="reading", database="bare")) as reader:
        rows = raw_statements(reader, most=99).rows
        assert "SELECT a FROM public.t" not in {text for _, _, text, _ in rows}
        assert None in {number for number, *_ in rows}
