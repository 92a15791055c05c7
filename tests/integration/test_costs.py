"""What statements cost, asked beside a migration on a real server: rewrites, scans, log, temporary files, disk."""

from __future__ import annotations

import time
from contextlib import closing

import psycopg
import pytest

from stagecopy.model.costs import StatementCosts
from stagecopy.model.migration import SourceFile, Transaction
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.trial.disk import DiskWatch
from stagecopy.trial.running import run_migration

_ROWS = 20_000


@pytest.fixture
def shop(fresh_database: Address) -> Address:
    with connect_staging(fresh_database) as admin:
        admin.execute("CREATE TABLE public.a (id int PRIMARY KEY, v int); CREATE TABLE public.b (id int PRIMARY KEY)")
        admin.execute(f"INSERT INTO public.a SELECT i, i FROM generate_series(1, {_ROWS}) i")
        admin.execute("VACUUM ANALYZE public.a")
        admin.execute("INSERT INTO public.b SELECT i FROM generate_series(1, 1000) i")
        admin.execute("CREATE MATERIALIZED VIEW public.m AS SELECT * FROM public.b")
    return fresh_database


def _costs(address: Address, text: str, *, transaction: Transaction = "statement") -> list[StatementCosts]:
    with (
        closing(connect_staging(address)) as observer,
        closing(psycopg.connect(address.url, autocommit=True)) as session,
    ):
        files = [SourceFile("m.sql", text.encode(), transaction=transaction)]
        run = run_migration(session, observer, files, time_budget=60, costs=True)
    assert run.error is None
    return [each.costs for each in run.statements]


def _rewrites(address: Address, text: str, *, transaction: Transaction = "statement") -> list[tuple[str, ...] | None]:
    return [each.rewrites for each in _costs(address, text, transaction=transaction)]


@pytest.mark.parametrize("transaction", ["statement", "file"])
def test_what_writes_a_table_anew_is_told_from_what_empties_it(shop: Address, transaction: Transaction) -> None:
    found = _rewrites(
        shop,
        """
        ALTER TABLE a ADD seen timestamptz NOT NULL DEFAULT now();
        ALTER TABLE a ADD ran timestamptz NOT NULL DEFAULT clock_timestamp();
        ALTER TABLE a ADD twice int GENERATED ALWAYS AS (id * 2) STORED;
        CREATE INDEX ON a (v);
        TRUNCATE b;
        DO $$ BEGIN TRUNCATE b; END $$;
        REFRESH MATERIALIZED VIEW m;
        DO $$ BEGIN EXECUTE 'ALTER TABLE public.a ALTER v TYPE bigint'; END $$;
        REINDEX TABLE a;
        CREATE TABLE c AS SELECT * FROM a;
        UPDATE a SET v = v + 1""",
        transaction=transaction,
    )
    a = ("public.a",)
    assert found == [(), a, a, (), (), (), ("public.m",), a, (), (), ()]


@pytest.mark.parametrize("transaction", ["statement", "file"])
def test_tables_that_are_read_whole_are_told_with_their_rows(shop: Address, transaction: Transaction) -> None:
    found = _costs(
        shop,
        """
        ALTER TABLE a ALTER v SET NOT NULL;
        ALTER TABLE a ADD CHECK (v > 0) NOT VALID;
        ALTER TABLE b ADD FOREIGN KEY (id) REFERENCES a;
        UPDATE a SET v = 1 WHERE id = 2""",
        transaction=transaction,
    )
    scans = [{each.relation: each.rows for each in one.scans or ()} for one in found]
    assert scans[0] == {"public.a": _ROWS}
    assert scans[1] == {}
    assert scans[2]["public.b"] == 1000
    assert "public.a" not in scans[3]


@pytest.mark.parametrize("transaction", ["statement", "file"])
def test_each_statement_has_its_own_share_of_the_log(shop: Address, transaction: Transaction) -> None:
    text = "SELECT count(*) FROM a; UPDATE a SET v = v + 1; SELECT 1; DELETE FROM b WHERE id = 1"
    read, updated, nothing, deleted = (each.wal_bytes for each in _costs(shop, text, transaction=transaction))
    assert updated is not None
    assert updated > _ROWS * 60
    assert max(read or 0, nothing or 0, deleted or 0) < 50_000


def test_temporary_files_are_told_of_the_statement_that_wrote_them(shop: Address) -> None:
    text = "SET work_mem = '64kB'; SELECT 1; SELECT DISTINCT md5(v::text) FROM a; SELECT 2"
    _, before, sorting, after = (each.temp_bytes for each in _costs(shop, text))
    assert (before, after) == (0, 0)
    assert sorting is not None
    assert sorting > 100_000


def test_in_a_transaction_nobody_can_say_which_statement_wrote_temporary_files(shop: Address) -> None:
    text = "SET LOCAL work_mem = '64kB'; SELECT 1; SELECT DISTINCT md5(v::text) FROM a"
    assert [each.temp_bytes for each in _costs(shop, text, transaction="file")] == [0, None, None]


def test_the_session_is_not_asked_before_it_may_have_read(shop: Address) -> None:
    text = "BEGIN; SAVEPOINT s; RELEASE s; LOCK TABLE b; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT"
    assert len(_costs(shop, text)) == 7


def test_a_limit_of_the_migrations_own_ends_a_look_and_nothing_else(shop: Address) -> None:
    with connect_staging(shop) as admin:
        admin.execute("".join(f"CREATE TABLE public.t{n} (id int);" for n in range(300)))
    text = "BEGIN; INSERT INTO b VALUES (0); SET LOCAL statement_timeout = 1; INSERT INTO b VALUES (-1); COMMIT"
    _costs(shop, text)
    with connect_staging(shop) as admin:
        assert admin.execute("SELECT count(*) FROM public.b WHERE id <= 0").fetchone() == (2,)


def test_what_was_rolled_back_is_no_rewrite_of_what_came_next(shop: Address) -> None:
    text = """
        BEGIN; SAVEPOINT s; ALTER TABLE a ALTER v TYPE bigint; ROLLBACK TO s; ALTER TABLE a ADD w int; COMMIT"""
    assert _rewrites(shop, text) == [(), (), ("public.a",), (), (), ()]


def test_the_disk_of_the_worst_moment_counts(shop: Address) -> None:
    with closing(psycopg.connect(shop.url, autocommit=True)) as session, DiskWatch(shop) as disk:
        session.execute("CREATE TABLE public.heavy AS SELECT repeat('x', 500) t FROM generate_series(1, 20000)")
        time.sleep(0.3)
        session.execute("DROP TABLE public.heavy")
    assert disk.peak is not None
    assert disk.before is not None
    assert 9_000_000 < disk.peak < 40_000_000
