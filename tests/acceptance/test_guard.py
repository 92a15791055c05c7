"""Guards: what --write-guard writes lets a migration through in production as it was tried, and nothing beyond it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stagecopy.model.server import Address
from stagecopy.report.guard import BREAKPOINT
from tests.acceptance.harness import Shop, shop_of
from tests.integration.scratch_server import BINARIES, database_of

SCHEMA = """
CREATE TABLE accounts (id int PRIMARY KEY, mail text, plan text NOT NULL DEFAULT 'free', seen int);
CREATE TABLE notes (id int PRIMARY KEY, account int REFERENCES accounts ON DELETE CASCADE, body text);
CREATE TABLE tags (note int REFERENCES notes ON DELETE SET NULL, word text);
CREATE TABLE apart (id int PRIMARY KEY);
CREATE TABLE parts (id int, kind text) PARTITION BY LIST (kind);
CREATE TABLE parts_a PARTITION OF parts FOR VALUES IN ('a');
CREATE TABLE parts_b PARTITION OF parts FOR VALUES IN ('b');
INSERT INTO accounts SELECT n, 'm' || n, 'free', n FROM generate_series(1, 100) n;
INSERT INTO notes SELECT n, 1 + n % 100, 'note' FROM generate_series(1, 300) n;
INSERT INTO tags SELECT n, 'word' FROM generate_series(1, 50) n;
INSERT INTO apart SELECT generate_series(1, 3);
INSERT INTO parts SELECT n, CASE WHEN n % 2 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 40) n;
"""
OLD = """
DELETE FROM accounts WHERE seen <= 10;
ALTER TABLE accounts RENAME TO people;
ALTER TABLE people RENAME mail TO address;
UPDATE people SET address = NULL WHERE seen = 20;
DELETE FROM apart WHERE id > 3;
UPDATE parts SET kind = 'b' WHERE id = 2;
-- the end"""
STATE = """
SELECT string_agg(part, '|' ORDER BY part) FROM (
    SELECT 'accounts' || a::text FROM accounts a UNION ALL SELECT 'notes' || n::text FROM notes n
    UNION ALL SELECT 'tags' || t::text FROM tags t UNION ALL SELECT 'parts' || p::text FROM parts p) q(part)
"""


@pytest.fixture(scope="module")
def shop(scratch_server: Address) -> Iterator[Shop]:
    """A refreshed project for all tests of this file; they write to productions of their own."""
    with ExitStack() as stack:
        made = stack.enter_context(shop_of(stack.enter_context(database_of(scratch_server)), "embedded"))
        made.production_sql(SCHEMA)
        made.keep_everything()
        made.refreshed()
        yield made


@pytest.fixture
def production(fresh_database: Address) -> Address:
    """A second production, as it was when the snapshot was taken."""
    with psycopg.connect(fresh_database.url, autocommit=True) as connection:
        connection.execute(SCHEMA.encode())
    return fresh_database


def written(shop: Shop, sql: str, name: str = "guard.sql", *words: str) -> tuple[Path, Any]:
    """The guard of *sql*, which must come to be, and the trial's document."""
    done = shop.trial(sql, "--write-guard", name, *words)
    assert done.document["error"] is None, done.document["error"]
    assert done.document["guard"]["problem"] is None, done.err
    assert (done.document["guard"]["written"], done.document["guard"]["proved"]) == (True, True)
    return shop.folder / name, done.document


@pytest.fixture(scope="module")
def guard(shop: Shop) -> Path:
    """The guard of a migration that loses rows and values, directly and by cascades."""
    path, document = written(shop, f"BEGIN;{OLD}\nCOMMIT;")
    assert document["rescue"]["proved"] is None
    assert "announce the loss" in document["rescue"]["missing"][0]
    return path


def psql(production: Address, path: Path) -> subprocess.CompletedProcess[str]:
    """Run *path* as people do."""
    environ = {"PGPASSWORD": production.password, "LC_ALL": "C"}
    argv: list[str | Path] = [
        BINARIES / "psql",
        "-X",
        "-q",
        "-h",
        production.host,
        "-p",
        str(production.port),
        "-U",
        production.user,
    ]
    options: list[str | Path] = [
        "-v",
        "ON_ERROR_STOP=1",
        "-v",
        "VERBOSITY=verbose",
        "-d",
        production.database,
        "-f",
        path,
    ]
    return subprocess.run([*argv, *options], env=environ, capture_output=True, text=True, check=False)


def state(production: Address) -> Any:
    """All rows and columns there."""
    return query(production, STATE)


def query(production: Address, sql: str) -> Any:
    """The first column of the first row of the last result."""
    with psycopg.connect(production.url, autocommit=True) as connection:
        row = connection.execute(sql.encode()).fetchone()
    return row[0] if row else None


def change(production: Address, sql: str) -> None:
    """What happens in production after the snapshot."""
    with psycopg.connect(production.url, autocommit=True) as connection:
        connection.execute(sql.encode())


@pytest.mark.parametrize(
    ("meanwhile", "says"),
    [
        ("UPDATE accounts SET seen = 10 WHERE id = 50", "accounts lost 11 rows, at most 10 may go"),
        ("INSERT INTO notes VALUES (301, 5)", "notes lost 31 rows, at most 30 may go"),
        ("UPDATE accounts SET seen = 20 WHERE id = 50", "accounts.mail holds 2 values less, at most 1 may go"),
        ("INSERT INTO apart VALUES (4)", "apart lost 1 rows, at most 0 may go"),
    ],
)
def test_a_guarded_migration_that_loses_one_row_more_leaves_production_unchanged(
    guard: Path, production: Address, meanwhile: str, says: str
) -> None:
    change(production, meanwhile)
    before = state(production)
    ran = psql(production, guard)
    assert ran.returncode == 3
    assert "SG001" in ran.stderr
    assert says in ran.stderr
    assert state(production) == before


def test_a_guarded_migration_does_in_production_what_it_did_in_the_trial(guard: Path, production: Address) -> None:
    assert (guard.stat().st_mode & 0o777) == 0o644
    change(production, "INSERT INTO accounts VALUES (500); INSERT INTO parts VALUES (99, 'a')")  # growth is no loss
    ran = psql(production, guard)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert query(production, "SELECT count(*) FROM people") == 91
    assert query(production, "SELECT address FROM people WHERE seen = 20") is None


def test_no_transaction_no_guard(shop: Shop) -> None:
    shop.write("index.sql", "SELECT 1;\nCREATE INDEX CONCURRENTLY i ON accounts (mail);")
    done = shop.run("trial", "index.sql", "--write-guard", "no.sql", "--json")
    error = done.document["error"]
    assert (done.code, error["code"], error["where"]) == (2, "guard-impossible", "index.sql:2"), error
    assert done.document["guard"]["problem"] == error["message"]
    assert done.document["verdict"] in ("pass", "warn")
    assert not (shop.folder / "no.sql").exists()


@pytest.mark.parametrize(
    ("sql", "name", "code", "where"),
    [
        ("BEGIN; SELECT 1; COMMIT;\nBEGIN; SELECT 2; COMMIT;", "no.sql", "guard-impossible", "migration.sql:1"),
        ("SELECT 1;\nROLLBACK;", "no.py", "guard-impossible", "migration.sql:2"),
        ("SELECT 1", "migration.sql", "file-exists", "migration.sql"),
        ("SELECT 1", "no.txt", "usage", "no.txt"),
        ("SELECT 1", "none/no.sql", "no-such-file", "none"),
    ],
)
def test_what_cannot_be_guarded_is_refused_at_once(shop: Shop, sql: str, name: str, code: str, where: str) -> None:
    done = shop.trial(sql, "--write-guard", name)
    assert (done.code, done.document["error"]["code"], done.document["error"]["where"]) == (2, code, where)
    assert shop.run("trial", "--help").code == 0


def test_an_expectation_sets_the_limits_of_a_drizzle_migration(shop: Shop, production: Address) -> None:
    sql = f'DELETE FROM "notes" WHERE id > 290;{BREAKPOINT}\nALTER TABLE "accounts" DROP COLUMN "seen";\n'
    shop.write("m.expect.yaml", EXPECTED)
    guard, document = written(shop, sql, "drizzle.sql", "--expect", "m.expect.yaml")
    rescue = document["rescue"]
    assert (rescue["proved"], rescue["tables"]) == (True, ["public.accounts", "public.notes"]), rescue
    assert {each.name for each in Path(rescue["folder"]).iterdir()} == {"before.sql", "reverse.sql", "backup.txt"}
    text = guard.read_text()
    assert "m.expect.yaml announces" in text
    change(production, "INSERT INTO notes VALUES (301, 5), (302, 5)")
    assert run_by_drizzle(production, text) is None
    assert query(production, "SELECT count(*) FROM notes") == 290
    change(
        production, "INSERT INTO notes SELECT n, 5 FROM generate_series(303, 315) n; ALTER TABLE accounts ADD seen int"
    )
    assert "notes lost 13 rows, at most 12 may go" in str(run_by_drizzle(production, text))
    assert query(production, "SELECT count(*) FROM notes") == 303


EXPECTED = """
tables:
  public.notes: {removed: 5..12}
  public.accounts: {columns: {seen: {lost: 1..}}}
schema: [column dropped public.accounts.seen]
"""


def run_by_drizzle(production: Address, text: str) -> str | None:
    """As drizzle-orm's migrator does: the pieces between the marks, in one transaction. Returns what went wrong."""
    with psycopg.connect(production.url) as connection:
        try:
            for piece in text.split(BREAKPOINT):
                connection.execute(piece.encode())
        except psycopg.Error as failure:
            connection.rollback()
            return failure.diag.message_primary
    return None


COMMAND = """
import os, psycopg
with psycopg.connect(os.environ['DATABASE_URL']) as clone:
    clone.execute('DELETE FROM notes WHERE id > 290')
    clone.execute('DELETE FROM apart WHERE id > 3')
"""


def test_a_command_gets_the_two_functions_that_it_calls_itself(shop: Shop) -> None:
    shop.write("migrate.py", COMMAND)
    words = ("--", sys.executable, "migrate.py")
    refused = shop.run("trial", "--json", "--write-guard", "no.sql", *words)
    assert refused.document["error"]["code"] == "guard-impossible"
    done = shop.run("trial", "--json", "--write-guard", "command.py", *words)
    assert (done.document["guard"]["written"], done.document["guard"]["proved"]) == (True, False), done.document
    text = (shop.folder / "command.py").read_text()
    assert "public.notes: at most 10 rows" in text
    assert "public.apart: no rows" in text
    assert "guard.before(op)" in text
    compile(text, "command.py", "exec")
