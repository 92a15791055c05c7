"""What `migration new` writes, run on a server: forward, back to the schema there was, forward again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from stagecopy.cli.main import app
from stagecopy.model.server import Address
from tests.integration.idiom_cases import CASES, TABLES

Connection = psycopg.Connection[tuple[Any, ...]]

_SCHEMA = """
SELECT a.attrelid::regclass::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
       pg_get_expr(d.adbin, d.adrelid)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'i')
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace IN ('public'::regnamespace, '"Sales"'::regnamespace)
UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated::text, NULL
  FROM pg_constraint WHERE connamespace IN ('public'::regnamespace, '"Sales"'::regnamespace)
UNION ALL SELECT indrelid::regclass::text, NULL, pg_get_indexdef(indexrelid), indisvalid::text, NULL
  FROM pg_index WHERE indrelid >= 16384 AND indrelid::regclass::text !~ 'pg_toast'
UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), NULL, NULL
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT proname, NULL, pg_get_functiondef(oid), NULL, NULL FROM pg_proc
 WHERE pronamespace IN ('public'::regnamespace, '"Sales"'::regnamespace)
ORDER BY 1, 2, 3, 4, 5
"""


@pytest.fixture
def database(fresh_database: Address) -> Address:
    """One with the tables that the idioms change."""
    with psycopg.connect(fresh_database.url, autocommit=True) as connection:
        for each in TABLES:
            connection.execute(each.encode())
    return fresh_database


def _schema(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(_SCHEMA.encode()).fetchall()


def _run(connection: Connection, path: Path) -> None:
    """As golang-migrate does, and psql -c: the file as one query."""
    result = connection.pgconn.exec_(path.read_bytes())
    assert result.status in (psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK), result.error_message
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def ups_of(case: str, *more: str, folder: Path) -> list[Path]:
    """Write all phases of a case, as the program does."""
    words = ["migration", "new", case, *CASES[case], "--phase", "all", "--dir", str(folder), *more]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.exception
    return sorted(folder.glob("*.up.sql"))


@pytest.mark.parametrize("case", CASES)
def test_every_step_runs_and_its_way_back_restores_the_schema(case: str, database: Address, tmp_path: Path) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        for up in ups_of(case, folder=tmp_path):
            before = _schema(connection)
            _run(connection, up)
            after = _schema(connection)
            _run(connection, up.with_name(up.name.replace(".up.", ".down.")))
            assert _schema(connection) == before, up.name
            _run(connection, up)
            assert _schema(connection) == after, up.name


def _deployed(connection: Connection, case: str, folder: Path, *, until: str) -> None:
    for up in ups_of(case, folder=folder):
        _run(connection, up)
        if up.stem.endswith(f"{until}.up"):
            return


def _rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def test_while_it_is_renamed_both_names_work(database: Address, tmp_path: Path) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        _deployed(connection, "rename", tmp_path, until="validate")
        assert _rows(connection, """SELECT count(*) FROM renamed WHERE "order" = nick""") == [(12000,)]
        connection.execute("""INSERT INTO renamed (id, "order") VALUES (-1, 'new')""")
        connection.execute("""INSERT INTO renamed (id, nick) VALUES (-2, 'old'), (-3, DEFAULT)""")
        connection.execute("""UPDATE renamed SET "order" = 'changed' WHERE id = 1""")
        connection.execute("""UPDATE renamed SET nick = 'changed too' WHERE id = 2""")
        found = _rows(connection, """SELECT id, nick, "order" FROM renamed WHERE id < 3 ORDER BY id""")
    told = {-3: "none", -2: "old", -1: "new", 1: "changed", 2: "changed too"}
    assert found == [(key, text, text) for key, text in told.items()]


def test_after_the_swap_the_column_holds_the_new_type_and_goes_back_with_what_came_since(
    database: Address, tmp_path: Path
) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        _deployed(connection, "retype", tmp_path, until="swap")
        connection.execute("INSERT INTO retyped (id) VALUES (-1)")
        connection.execute("UPDATE retyped SET amount = 99 WHERE id = 1")
        query = "SELECT pg_typeof(amount)::text, amount FROM retyped WHERE id < 2 ORDER BY id"
        assert _rows(connection, query) == [("bigint", 7), ("bigint", 99)]
        _run(connection, next(tmp_path.glob("*_swap.down.sql")))
        assert _rows(connection, query) == [("integer", 7), ("integer", 99)]


def test_a_split_table_is_complete_before_the_columns_go(database: Address, tmp_path: Path) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        _deployed(connection, "split", tmp_path, until="copy")
        connection.execute("""UPDATE "Sales"."Order Lines" SET "Size" = 0 WHERE id = 1""")
        connection.execute("""INSERT INTO "Sales"."Order Lines" VALUES (0, 'new', 5, NULL)""")
        connection.execute("""DELETE FROM "Sales"."Order Lines" WHERE id = 2""")
        same = """SELECT count(*) FROM "Sales"."Order Lines" a JOIN "Sales"."Line details" b
                   ON (a.id, a."user", a."Size") IS NOT DISTINCT FROM (b.id, b."user", b."Size")
                  AND a.extra::text IS NOT DISTINCT FROM b.extra::text"""
        assert _rows(connection, same) == [(7000,)]
        check = next(tmp_path.glob("*_check.up.sql"))
        _run(connection, check)
        connection.execute("""UPDATE "Sales"."Line details" SET "user" = 'x' WHERE id = 3""")
        connection.execute("""DELETE FROM "Sales"."Line details" WHERE id IN (4, 5)""")
        result = connection.pgconn.exec_(check.read_bytes())
    assert b"Sales.Line details lacks 2 rows of Sales.Order Lines, and 1 differ" in result.error_message


def test_a_backfill_takes_every_row_once_and_commits_between(database: Address, tmp_path: Path) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        _deployed(connection, "fill", tmp_path, until="fill")
        found = _rows(
            connection, "SELECT plan, count(*), count(DISTINCT xmin::text) > 1 FROM filled GROUP BY 1 ORDER BY 1"
        )
    assert found == [("free", 3000, True), ("old", 3000, False)]


def test_nothing_of_the_environment_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No config file, no production: it only writes files."""
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.startswith("STAGECOPY_")]:
        monkeypatch.delenv(name)
    assert len(ups_of("check", folder=tmp_path / "migrations")) == 2
