"""Productions of very many tables: what is asked of the server does not grow with them, one rule serves them all."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from stagecopy.model.server import Address
from stagecopy.postgres.dsn import Dsn
from stagecopy.production.session import Scope, open_production
from stagecopy.production.watcher import Patience
from stagecopy.staging.rights import inert_objects
from tests.acceptance.harness import Shop, shop_of
from tests.acceptance.onlookers import ask
from tests.integration.scratch_server import database_of, running_server

SLOW = os.environ.get("STAGECOPY_SLOW") == "1"
TENANTS = 500 if SLOW else 20
TABLES = 300 if SLOW else 150
_NAME = "stagecopy/counted"
_STATEMENT = re.compile(rf"^{_NAME}\|LOG:  (?:statement|execute [^:]*): (.*)", re.MULTILINE)
_RULES = """
tables:
  "tenant_*.users": {columns: {mail: {mask: email}}}
patterns:
  - {column: "*", keep: not personal in this test}
"""
_TENANT = """
CREATE SCHEMA {0};
CREATE TABLE {0}.users (id int PRIMARY KEY, mail text UNIQUE);
CREATE TABLE {0}.invoices (id serial PRIMARY KEY, who int REFERENCES {0}.users);
CREATE TABLE {0}.notes (body text);
INSERT INTO {0}.users VALUES ({1}, 'p{1}@corp.test');
"""


@pytest.fixture(scope="module")
def logging_server() -> Iterator[Address]:
    """A server that writes down every statement and who sent it; its lock table is the default one."""
    with running_server(log_statement="all", log_line_prefix="%a|", max_wal_senders="0") as server:
        yield server


@contextmanager
def _tenants(server: Address, count: int) -> Iterator[Address]:
    with database_of(server) as production:
        with psycopg.connect(production.url, autocommit=True) as admin:
            for start in range(0, count, 50):
                numbers = range(start, min(start + 50, count))
                admin.execute("".join(_TENANT.format(f"tenant_{number:04}", number) for number in numbers).encode())
        yield production


@contextmanager
def _many(server: Address, count: int) -> Iterator[Address]:
    with database_of(server) as production:
        with psycopg.connect(production.url, autocommit=True) as admin:
            for start in range(0, count, 500):
                numbers = range(start, min(start + 500, count))
                admin.execute("".join(f"CREATE TABLE small_{number} (id int);" for number in numbers).encode())
        yield production


def _statements(server: Address) -> list[str]:
    ((folder,),) = ask(server, "SHOW data_directory")
    return _STATEMENT.findall((Path(folder).parent / "log").read_text(encoding="utf-8", errors="replace"))


def _asked_of(production: Address, server: Address) -> tuple[int, float]:
    """How many statements of ours the look around, the locks, the catalog and a reader take, and how long."""
    before, began = len(_statements(server)), time.monotonic()
    scope = Scope((), (), 5.0, lambda _: frozenset())
    patience = Patience(yield_after=60, max_time=600)
    with open_production(Dsn.parse(production.url), _NAME, patience=patience, scope=scope) as session:
        took = time.monotonic() - began
        with closing(session.reader()) as reader:
            inert_objects(reader)
    return len(_statements(server)) - before, took


def test_A45_questions_do_not_grow_with_tables(logging_server: Address) -> None:
    with _tenants(logging_server, 10) as few:
        base, _ = _asked_of(few, logging_server)
    with _tenants(logging_server, TENANTS) as many:
        asked, took = _asked_of(many, logging_server)
    assert base > 10
    tables, sequences = 3 * TENANTS, TENANTS
    lists = -(-tables // 200) + 2 * -(-sequences // 200)  # names to lock, sequences to read before and after
    assert asked <= base + lists
    assert took < 10  # of which most is somebody else's work, on a machine like those of CI


def _refreshed(shop: Shop, *words: str) -> dict[str, tuple[int, list[str]]]:
    document = shop.refreshed(*words)
    return {each["name"]: (each["rows"], each["masked"]) for each in document["tables"]}


def test_A45_one_rule_for_hundreds_of_tenants(logging_server: Address) -> None:
    with _tenants(logging_server, TENANTS) as production, shop_of(production, "embedded") as shop:
        shop.rules(_RULES)
        tables = _refreshed(shop)
        assert len(tables) == 3 * TENANTS
        assert [tables[f"tenant_{number:04}.users"] for number in range(TENANTS)] == [(1, ["mail"])] * TENANTS
        with shop.staging() as staging:
            for number in (0, TENANTS - 1):
                ((key, mail),) = staging.execute(f"SELECT * FROM tenant_{number:04}.users".encode()).fetchall()
                assert key == number
                assert mail != f"p{number}@corp.test"


def test_A45_more_tables_than_the_lock_table_holds_is_one_line(logging_server: Address) -> None:
    """12,000 tables on a server as it comes: nothing is dumped, so nothing of the application's breaks."""
    count = 12_000 if SLOW else 7_500
    with _many(logging_server, count) as production, shop_of(production, "embedded") as shop:
        shop.keep_everything()
        done = shop.run("refresh", "--json")
        assert (done.code, done.document["error"]["code"]) == (3, "preflight"), done.err
        message = done.document["error"]["message"]
        assert "1 thing stands in the way" in message
        assert f"a dump locks {count} relations" in message
        assert "max_locks_per_transaction = 1" in message or "max_locks_per_transaction = 128" in message


@pytest.mark.slow
@pytest.mark.skipif(not SLOW, reason="takes minutes: STAGECOPY_SLOW=1")
def test_A45_twelve_thousand_tables() -> None:
    with (
        running_server(max_locks_per_transaction="256") as server,
        _many(server, 12_000) as production,
        shop_of(production, "embedded") as shop,
    ):
        shop.keep_everything()
        assert len(_refreshed(shop)) == 12_000


def test_A04_long_entries_of_the_archive_and_hundreds_of_tables_in_a_schema(embedded_shop: Shop) -> None:
    shop = embedded_shop
    arguments = ", ".join(f"argument_with_a_long_name_{n} timestamp with time zone" for n in range(60))
    shop.production_sql(f"CREATE FUNCTION busy({arguments}) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    shop.production_sql(
        f"DO $$ BEGIN FOR n IN 1..{TABLES} LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, mail text)', n);"
        " EXECUTE format('INSERT INTO t%s VALUES (%s, ''u%s@x.org'')', n, n, n); END LOOP; END $$"
    )
    shop.rules("tables: {'t*': {columns: {id: {keep: a number}, mail: {mask: email}}}}\n")
    assert [table["rows"] for table in shop.refreshed()["tables"]] == [1] * TABLES
    with shop.staging() as staging:
        assert staging.execute("SELECT pronargs FROM pg_proc WHERE proname = 'busy'").fetchone() == (60,)
        last = f"SELECT id FROM t{TABLES} WHERE mail <> 'u{TABLES}@x.org'"
        assert staging.execute(last.encode()).fetchone() == (TABLES,)
