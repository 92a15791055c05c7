"""Production is only read, and nobody there waits for us."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from stagecopy import process
from stagecopy.model.server import Address
from tests.acceptance.harness import Shop, shop_of
from tests.acceptance.onlookers import ask, copying, deploying, finished, newest_run, sessions, until
from tests.acceptance.remains import remains
from tests.acceptance.slow_line import slow_line
from tests.integration.scratch_server import BINARIES, database_of, running_server

_TRANSACTION = re.compile(r"\btx:\s+(?P<id>\d+),")
_PEOPLE = """
CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE NOT NULL, active boolean NOT NULL);
INSERT INTO people SELECT i, 'person' || i || '@corp.test', true FROM generate_series(1, 2000) i;
DELETE FROM people WHERE id % 10 = 0;
CREATE SEQUENCE tickets;
SELECT nextval('tickets');
CREATE MATERIALIZED VIEW active AS SELECT id FROM people WHERE active;
CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
INSERT INTO schema_migrations VALUES (1, false);
"""


@pytest.fixture(scope="module")
def logical_server() -> Iterator[Address]:
    """A server that logs all that replication could need."""
    with running_server(wal_level="logical", max_wal_senders="4") as server:
        yield server


@contextmanager
def _transactions(server: Address) -> Iterator[list[str]]:
    """At the end: every record with a transaction id that the server logged while the block ran."""
    found: list[str] = []
    with psycopg.connect(server.url, autocommit=True) as admin:
        folder = admin.execute("SHOW data_directory").fetchall()[0][0]
        admin.execute("CHECKPOINT")
        start = admin.execute("SELECT pg_current_wal_insert_lsn()").fetchall()[0][0]
        yield found
        admin.execute("CHECKPOINT")  # writes all out, and makes sure that there is a record
        end = admin.execute("SELECT pg_current_wal_insert_lsn()").fetchall()[0][0]
    argv = [str(BINARIES / "pg_waldump"), "-p", f"{folder}/pg_wal", "-s", start, "-e", end]
    records = process.run(argv, env=process.environment()).stdout.decode().splitlines()
    assert records
    found += [line for line in records if (match := _TRANSACTION.search(line)) is None or match["id"] != "0"]


@pytest.mark.repeat_on_docker
def test_production_logs_no_transaction_of_ours(logical_server: Address, engine_name: str) -> None:
    with database_of(logical_server) as production, shop_of(production, engine_name) as shop:
        with psycopg.connect(production.url, autocommit=True) as connection:
            connection.execute(_PEOPLE)
        with _transactions(production) as written:
            masks = (["masks", "suggest"], ["masks", "check"], ["masks", "preview", "people"])
            copies = (["refresh"], ["refresh", "--direct"], ["trial", "-e", "DELETE FROM people"])
            shop.write("migrations/1_first.up.sql", "SELECT 1;\n")
            others = (["masks", "explain", "people.email"], ["migration", "list", "migrations"])
            for words in (["init"], *masks, *others, *copies):
                done = shop.run(*words)
                assert done.code == (1 if words[0] == "trial" else 0), done.err
        assert written == []
        shop.production_sql("DELETE FROM people WHERE id = (SELECT min(id) FROM people)")
        with _transactions(production) as written:
            recovered = shop.run("recover", "--trial", "--json")
            assert recovered.code == 1, recovered.err
        assert recovered.document["trial"] == {"proved": True, "left": []}
        assert written == []


def test_that_proof_sees_a_single_transaction_id(logical_server: Address) -> None:
    with database_of(logical_server) as production:
        with _transactions(production) as written:
            ask(production, "SELECT 1")
        assert written == []
        with _transactions(production) as written:
            ask(production, "SELECT txid_current()")
        assert len(written) == 1


@pytest.fixture
def slow_shop(embedded_shop: Shop) -> Shop:
    """A shop with one big table and forty small ones."""
    with psycopg.connect(embedded_shop.production.url, autocommit=True) as connection:
        for name, rows in {"big": 6000, **{f"small_{number}": 20 for number in range(40)}}.items():
            row = "i AS id, repeat('x', 1000) AS body"
            connection.execute(f"CREATE TABLE {name} AS SELECT {row} FROM generate_series(1, {rows}) i".encode())
    embedded_shop.keep_everything()
    return embedded_shop


@pytest.mark.parametrize("way", [pytest.param("with backup", marks=pytest.mark.repeat), "--direct"])
def test_a_deploy_waits_three_seconds_at_most(slow_shop: Shop, way: str) -> None:
    flags = [way] if way.startswith("--") else []
    slow_shop.refreshed("--direct")
    before = remains(slow_shop)
    with slow_line(slow_shop.production, rate=1e6) as line:
        slow_shop.environ["STAGECOPY_PRODUCTION_URL"] = line.address.url
        for table in ("big", "small_39"):
            child = slow_shop.start("refresh", "--json", *flags)
            until(lambda: copying(slow_shop.production), child=child)
            with deploying(slow_shop.production, f"ALTER TABLE {table} ADD COLUMN extra int") as deploy:
                pass
            done = finished(child)
            assert (done.code, done.document["error"]["code"], deploy.error) == (3, "yielded", None)
            assert deploy.seconds <= 3
            assert f"pid {deploy.pid} (postgres, deploy)" in done.document["error"]["message"]
            assert f"on {table} behind us" in done.document["error"]["message"]
            assert "staging still serves 20" in done.err.strip().splitlines()[-1]
            assert remains(slow_shop) == before
    with slow_shop.staging() as staging:
        assert staging.execute("SELECT count(*) FROM big").fetchone() == (6000,)


_RETRYING = """
import os, pathlib, sys
from stagecopy.config.load import load_project
from stagecopy.flows.refresh import RefreshOptions, refresh
from stagecopy.report.progress import Silent
project = load_project(pathlib.Path("stagecopy.yaml"), os.environ)
sys.exit(refresh(project, RefreshOptions(retry=1, retry_pause=0.5), Silent()).exit)
"""


def test_retry_succeeds_when_the_deploy_is_through(slow_shop: Shop) -> None:
    """By its function: the program's own pause before it tries again is half a minute."""
    with slow_line(slow_shop.production, rate=1e6) as line:
        environ = slow_shop.environ | {"STAGECOPY_PRODUCTION_URL": line.address.url}
        argv = [sys.executable, "-c", _RETRYING]
        child = subprocess.Popen(argv, cwd=slow_shop.folder, env=environ, stderr=subprocess.PIPE, text=True)
        until(lambda: copying(slow_shop.production), child=child)
        with deploying(slow_shop.production, "ALTER TABLE big ADD COLUMN extra int"):
            pass
        line.rate = 1e9
        assert finished(child).code == 0
    assert any("trying again" in each["message"] for each in newest_run(slow_shop))
    with slow_shop.staging() as staging:
        assert staging.execute("SELECT count(*), count(extra) FROM big").fetchone() == (6000, 0)


def test_somebody_elses_lock_is_named(slow_shop: Shop) -> None:
    slow_shop.configure(production='{url: "${STAGECOPY_PRODUCTION_URL}", lock_timeout: 1s}')
    url = slow_shop.production.url
    with psycopg.connect(url, application_name="nightly") as holder:
        holder.execute("LOCK TABLE big IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        done = slow_shop.run("refresh", "--json")
        took = time.monotonic() - began
        held_by = f"AccessExclusiveLock that pid {holder.info.backend_pid} (postgres, nightly) holds"
    error = done.document["error"]
    assert (done.code, error["code"], error["where"]) == (3, "lock-timeout", "public.big")
    assert held_by in error["message"]
    assert took < 10
    assert sessions(slow_shop.production) == 0
