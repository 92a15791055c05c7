"""Production goes on while it is copied: one snapshot for all tables, and what changes meanwhile never leaks in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.acceptance.harness import Done, Shop
from tests.acceptance.onlookers import ask, copying, deploying, finished, tell, until, waiting_for_lock
from tests.acceptance.slow_line import slow_line

WAYS = pytest.mark.parametrize(
    "way", [[], pytest.param(["--direct"], marks=pytest.mark.repeat)], ids=["with backup", "direct"]
)
ACCOUNTS = 20_000
BALANCE = 100
SECRET = "raw-078-05-1120"


@contextmanager
def _moving_money(shop: Shop) -> Iterator[list[int]]:
    """One transaction after the other takes money from a savings account and puts it into a current one."""
    moved, stop = [0], threading.Event()

    def work() -> None:
        with psycopg.connect(shop.production.url) as connection:
            while not stop.is_set():
                number = moved[0] % ACCOUNTS
                connection.execute("UPDATE savings SET balance = balance - 7 WHERE id = %s", (number,))
                connection.execute("UPDATE current SET balance = balance + 7 WHERE id = %s", (ACCOUNTS - number - 1,))
                connection.commit()
                moved[0] += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield moved
    finally:
        stop.set()
        thread.join()


@WAYS
def test_A36_transfer_between_tables(embedded_shop: Shop, way: list[str]) -> None:
    shop = embedded_shop
    for name in ("savings", "current"):
        rows = f"i AS id, {BALANCE} AS balance, repeat('x', 60) AS note FROM generate_series(0, {ACCOUNTS - 1}) i"
        tell(shop.production, f"CREATE TABLE {name} AS SELECT {rows}", f"ALTER TABLE {name} ADD PRIMARY KEY (id)")
    shop.keep_everything()
    with slow_line(shop.production, rate=2e6) as line, _moving_money(shop) as moved:
        shop.environ["STAGECOPY_PRODUCTION_URL"] = line.address.url
        child = shop.start("refresh", "--json", *way)
        until(lambda: copying(shop.production), child=child)
        before = moved[0]
        until(lambda: moved[0] > before + 100 and not copying(shop.production))
        done = finished(child)
    sums = "SELECT (SELECT sum(balance) FROM savings)::int, (SELECT sum(balance) FROM current)::int"
    ((savings, current),) = _staged(done, sums)
    assert savings + current == 2 * ACCOUNTS * BALANCE
    assert current > savings


def _staged(done: Done, query: str) -> list[tuple[int, ...]]:
    """Rows of what a successful refresh serves."""
    assert done.code == 0, done.err
    with psycopg.connect(done.document["staging"]["url"]) as staging:
        return staging.execute(query.encode()).fetchall()


@pytest.fixture
def people_shop(embedded_shop: Shop) -> Shop:
    """Many people; the rules speak of the columns that there are now, and of no other."""
    rows = "i AS id, 'person ' || i AS name, repeat('x', 300) AS about FROM generate_series(1, 10000) i"
    tell(embedded_shop.production, f"CREATE TABLE people AS SELECT {rows}")
    columns = "{id: {keep: a number}, name: {mask: name}, about: {keep: all the same}}"
    embedded_shop.rules(f"tables:\n  public.people: {{columns: {columns}}}\n")
    return embedded_shop


@WAYS
def test_A37_column_added_after_snapshot(people_shop: Shop, way: list[str]) -> None:
    shop, production = people_shop, people_shop.production
    with slow_line(production, rate=1e6) as line:
        shop.environ["STAGECOPY_PRODUCTION_URL"] = line.address.url
        child = shop.start("refresh", "--json", *way)
        until(lambda: copying(production), child=child)
        add = f"ALTER TABLE people ADD COLUMN ssn text DEFAULT '{SECRET}'"
        with psycopg.connect(production.url, autocommit=True, options="-c lock_timeout=300ms") as impatient:
            with pytest.raises(psycopg.errors.LockNotAvailable):
                impatient.execute(add.encode())
            impatient.execute(f"CREATE TABLE new_people AS SELECT '{SECRET}'::text AS ssn".encode())
        done = finished(child)
    assert _staged(done, "SELECT count(*) FROM people") == [(10000,)]
    leaks = "SELECT count(*) FROM pg_attribute WHERE attname = 'ssn'"
    assert _staged(done, leaks) == [(0,)]


def test_A37_column_committed_while_refresh_waits_for_the_lock(people_shop: Shop) -> None:
    shop = people_shop
    shop.refreshed("--direct")
    with psycopg.connect(shop.production.url) as deploy:
        deploy.execute(f"ALTER TABLE people ADD COLUMN ssn text DEFAULT '{SECRET}'".encode())
        child = shop.start("refresh", "--json")
        until(lambda: waiting_for_lock(shop.production), child=child)
        deploy.commit()
        done = finished(child)
    assert (done.code, done.document["error"]["where"]) == (7, "public.people.ssn")
    with shop.staging() as staging:
        assert staging.execute("SELECT count(*) FROM pg_attribute WHERE attname = 'ssn'").fetchone() == (0,)


def test_A38_drop_or_alter_mid_run(people_shop: Shop) -> None:
    shop, production = people_shop, people_shop.production
    with slow_line(production, rate=1e6) as line:
        shop.environ["STAGECOPY_PRODUCTION_URL"] = line.address.url
        child = shop.start("refresh", "--json")
        until(lambda: copying(production), child=child)
        with psycopg.connect(production.url, autocommit=True, options="-c lock_timeout=200ms") as impatient:
            for statement in ("DROP TABLE people", "ALTER TABLE people RENAME TO folk", "TRUNCATE people"):
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    impatient.execute(statement.encode())
        assert _staged(finished(child), "SELECT count(*) FROM people") == [(10000,)]
        child = shop.start("refresh", "--json", "--direct")
        until(lambda: copying(production), child=child)
        with deploying(production, "DROP TABLE people") as drop:
            done = finished(child)
    assert (done.code, done.document["error"]["code"], drop.error) == (3, "yielded", None)
    assert drop.seconds <= 3
    assert ask(production, "SELECT to_regclass('people')") == [(None,)]
    with shop.staging() as staging:
        assert staging.execute("SELECT count(*) FROM people").fetchone() == (10000,)


def test_A38_dropped_renamed_emptied_before_the_lock_is_ours(embedded_shop: Shop) -> None:
    shop = embedded_shop
    tell(shop.production, *(f"CREATE TABLE {name} AS SELECT 1 AS id" for name in ("gone", "old_name", "full_one")))
    shop.keep_everything()
    with psycopg.connect(shop.production.url) as deploy:
        for statement in ("DROP TABLE gone", "ALTER TABLE old_name RENAME TO new_name", "TRUNCATE full_one"):
            deploy.execute(statement.encode())
        child = shop.start("refresh", "--json", "--direct")
        until(lambda: waiting_for_lock(shop.production), child=child)
        deploy.commit()
        done = finished(child)
    tables = [(table["name"], table["rows"]) for table in done.document["tables"]]
    assert (done.code, tables) == (0, [("public.full_one", 0), ("public.new_name", 1)])
