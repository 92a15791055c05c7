"""What others feel while a migration runs: held against sessions of the test's own, and of no effect on the rest."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stagecopy.errors import StagingError
from stagecopy.home import Home
from stagecopy.model.server import Address
from stagecopy.staging.snapshots import newest
from stagecopy.trial.workload import programs
from tests.acceptance.harness import Done, Shop, shop_of
from tests.integration.engine_fixtures import docker_required
from tests.integration.scratch_server import database_of

SLOW = bool(os.environ.get("STAGECOPY_SLOW"))  # readers as long as people's, and every engine
READER = 4.0 if SLOW else 1.2
TABLES = """
    CREATE TABLE orders (id int PRIMARY KEY, v int);
    CREATE TABLE items (id int PRIMARY KEY, v int);
    CREATE TABLE log (said text);
    INSERT INTO orders SELECT i, i FROM generate_series(1, 5000) i;
    INSERT INTO items SELECT i, i FROM generate_series(1, 5000) i;
"""
FAST = "ALTER TABLE orders ADD COLUMN IF NOT EXISTS note text; INSERT INTO log VALUES ('seen')"
LONG = "BEGIN; ALTER TABLE orders ADD note text; SELECT pg_sleep(0.4); ALTER TABLE items ADD note text; COMMIT"
CONCURRENT = "SET lock_timeout = '300ms'; CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_v ON orders (v)"
WORKLOAD = r"""
\set n random(1, 5000)
BEGIN;
UPDATE items SET v = v + 1 WHERE id = :n;
UPDATE orders SET v = v + 1 WHERE id = :n;
COMMIT;
"""


@pytest.fixture(
    scope="module", params=["embedded", *([pytest.param("docker", marks=pytest.mark.docker)] if SLOW else [])]
)
def shop(request: pytest.FixtureRequest, scratch_server: Address) -> Iterator[Shop]:
    """Refreshed while somebody's transaction was open in production."""
    if request.param == "docker":
        docker_required()
    with database_of(scratch_server) as production, psycopg.connect(production.url) as somebody:
        with psycopg.connect(production.url, autocommit=True) as connection:
            connection.execute(TABLES)
        with shop_of(production, request.param) as made:
            made.keep_everything()
            somebody.execute("SELECT 1")
            time.sleep(READER)
            made.refreshed()
            somebody.rollback()
            made.configure(trial="{long_reader: 1s}")
            yield made


def _impact(done: Done) -> Any:
    assert done.code in (0, 1), done.err
    return done.document["impact"]


def _canary(impact: Any, relation: str) -> Any:
    return next(each for each in impact["canaries"] if each["relation"] == relation)


def _found(done: Done) -> dict[str, str]:
    return {each["rule"]: each["message"] for each in done.document["findings"]}


def _effect(done: Done) -> Any:
    return {name: done.document[name] for name in ("tables", "schema", "sequences", "bookkeeping", "snapshot")}


def _wait_measured(address: Address, reader_seconds: float) -> float:
    """How long a reader of one row waits that comes right behind an ALTER, with a transaction in front of both."""
    with psycopg.connect(address.url) as reader, psycopg.connect(address.url, autocommit=True) as watch:
        reader.execute("SELECT count(*) FROM orders")

        def alter() -> None:
            with psycopg.connect(address.url, autocommit=True) as connection:
                connection.execute("ALTER TABLE orders ADD COLUMN measured text")

        altering = threading.Thread(target=alter)
        altering.start()
        while not watch.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
            time.sleep(0.005)
        leaving = threading.Timer(reader_seconds, reader.rollback)
        leaving.start()
        start = time.monotonic()
        watch.execute("SELECT id FROM orders LIMIT 1")
        waited = time.monotonic() - start
        altering.join()
        leaving.join()
        return waited


def test_a_fast_change_behind_a_long_reader_makes_others_wait_as_forecast(shop: Shop) -> None:
    done = shop.trial(FAST, "--impact")
    impact = _impact(done)
    snapshot = newest(Home(shop.home, shop.name))
    assert snapshot is not None
    assert snapshot.longest_transaction is not None
    assert snapshot.longest_transaction >= READER
    forecast = impact["forecast"]
    assert (forecast["source"], forecast["relation"], forecast["reads"]) == ("production", "public.orders", True)
    assert forecast["longest_transaction_seconds"] == round(snapshot.longest_transaction, 6)
    waited = _wait_measured(shop.production, forecast["longest_transaction_seconds"])
    assert abs(forecast["worst_wait_seconds"] - waited) <= 0.15 * waited
    orders = _canary(impact, "public.orders")
    assert (orders["read_cause"], orders["write_cause"]) == ("queue", "queue")
    assert min(orders["read_wait_seconds"], orders["write_wait_seconds"]) > 0.85
    assert impact["long_reader"]["waited"]
    assert impact["race"]["outcome"] == "applied-twice"
    assert any("log" in each for each in impact["race"]["differences"])
    assert impact["cut_short"] is None
    assert "runners-race" in _found(done)


def test_B37_deadlocks_are_seen_and_what_a_workload_feels(shop: Shop) -> None:
    shop.write("load.sql", WORKLOAD)
    alone = shop.trial(LONG)
    done = shop.trial(LONG, "--impact", "--workload", "load.sql")
    impact = _impact(done)
    assert impact["deadlock"] == {"relations": ["public.orders", "public.items"], "occurred": True,
                                  "victim": impact["deadlock"]["victim"]}  # fmt: skip
    before, during = impact["workload"]["before"], impact["workload"]["during"]
    assert (before["failed"], before["deadlocks"]) == (0, 0)
    assert before["transactions"] > 20
    assert during["deadlocks"] >= 1
    assert during["max_seconds"] is None or during["max_seconds"] > before["median_seconds"]
    assert (impact["race"]["outcome"], impact["race"]["error"]["sqlstate"]) == ("one-fails", "42701")
    items = _canary(impact, "public.orders")
    assert items["read_wait_seconds"] > 0.35
    assert {"deadlock", "workload-hurt"} <= _found(done).keys()
    assert "40P01" in _found(done)["workload-hurt"]
    assert _effect(done) == _effect(alone)
    left = shop.run("staging", "list", "--json").document["directories"]
    own = ("-impact", "-deadlock", "-race", "-workload")
    assert [each for each in left if each["name"].endswith(own)] == []


def test_B39_a_build_that_gives_up_leaves_an_index_that_a_second_run_passes_over(shop: Shop) -> None:
    done = shop.trial(CONCURRENT, "--impact")
    behind = _impact(done)["long_reader"]
    assert behind["error"]["sqlstate"] == "55P03"
    assert behind["gave_up_after_seconds"] >= 0.3
    assert (behind["invalid_indexes"], behind["rerun"]) == (["public.orders_v"], "works")
    assert behind["still_invalid"] == ["public.orders_v"]
    assert "reports success" in _found(done)["timeout-leftover"]


@pytest.mark.parametrize(("text", "code"), [("\\shell true\nSELECT 1;", "bad-workload"), (None, "no-such-file")])
def test_a_workload_that_cannot_be_run_is_refused(shop: Shop, text: str | None, code: str) -> None:
    path: Path = shop.folder / "refused.sql"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    else:
        path.unlink(missing_ok=True)
    done = shop.trial("SELECT 1", "--workload", "refused.sql")
    assert (done.code, done.document["error"]["code"]) == (2, code)


def test_without_pgbench_its_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(StagingError) as caught:
        programs(99, cache=tmp_path)  # nobody has that one
    assert (caught.value.code, "apt-get install postgresql-99" in (caught.value.hint or "")) == ("no-pgbench", True)
