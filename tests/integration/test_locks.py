"""The lock watch on a real server: what is seen beside a migration, how long it was held, and whose it was."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest

from stagecopy.model.migration import HeldLock, SourceFile
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.trial.locks import LockWatch
from stagecopy.trial.running import run_migration


@pytest.fixture
def shop(fresh_database: Address) -> Address:
    with connect_staging(fresh_database) as admin:
        admin.execute("CREATE TABLE public.a (id int PRIMARY KEY, v int); CREATE TABLE public.b (id int PRIMARY KEY)")
        admin.execute("INSERT INTO public.a SELECT i, i FROM generate_series(1, 1000) i")
    return fresh_database


def _locks(address: Address, text: str) -> tuple[HeldLock, ...]:
    with closing(connect_staging(address)) as observer:
        session = psycopg.connect(address.url, autocommit=True)
        with closing(session), LockWatch(address, besides=[observer.info.backend_pid]) as watch:
            files = [SourceFile("m.sql", text.encode())]
            run = run_migration(session, observer, files, time_budget=60, look=watch.look)
        assert run.error is None
        return watch.told(run.statements)


def test_a_lock_is_held_to_the_end_of_its_transaction_also_on_what_nobody_named(shop: Address) -> None:
    text = """
        BEGIN;
        ALTER TABLE a ADD c int;
        CREATE TABLE child (id int REFERENCES b);
        SELECT pg_sleep(1);
        COMMIT;
        CREATE TABLE other (id int)"""
    found = {(each.relation, each.mode): each for each in _locks(shop, text)}
    altered, named_nowhere = found["public.a", "AccessExclusiveLock"], found["public.b", "ShareRowExclusiveLock"]
    for lock, statement in ((altered, 2), (named_nowhere, 3)):
        assert lock.statement == statement
        assert 0.98 < lock.seconds < 1.9  # a busy machine may take its time over the rest
    assert (altered.blocks, named_nowhere.blocks) == ("reads", "writes")
    assert {name for name, _ in found} <= {"public.a", "public.b"}  # what is new is nobody else's


def test_each_transaction_counts_for_itself(shop: Address) -> None:
    once = "DO $$ BEGIN LOCK TABLE public.a IN SHARE MODE; PERFORM pg_sleep(0.4); END $$;"
    found = [each for each in _locks(shop, once * 2) if each.mode == "ShareLock"]
    assert sorted((each.relation, each.statement) for each in found) == [("public.a", 1), ("public.a", 2)]
    assert [round(each.seconds, 3) for each in found if not 0.38 < each.seconds < 0.8] == []


def test_an_index_counts_only_where_it_stops_everybody(shop: Address) -> None:
    with connect_staging(shop) as admin:
        admin.execute("INSERT INTO public.a SELECT i, i FROM generate_series(1001, 300000) i")
        admin.execute("CREATE INDEX a_v ON public.a (v)")
    found = {
        (each.relation, each.mode) for each in _locks(shop, "UPDATE a SET v = 1 WHERE id < 50000; REINDEX INDEX a_v")
    }
    assert ("public.a_v", "AccessExclusiveLock") in found
    assert ("public.a", "RowExclusiveLock") in found
    assert ("public.a_v", "RowExclusiveLock") not in found


def test_times_are_those_of_the_sessions_own_clock_within_a_tenth(shop: Address) -> None:
    with connect_staging(shop) as admin:
        admin.execute("CREATE TABLE public.clock (what text, at timestamptz DEFAULT clock_timestamp())")
    text = """
        BEGIN;
        INSERT INTO clock VALUES ('before a');
        ALTER TABLE a ADD c int;
        INSERT INTO clock VALUES ('after a'), ('before b');
        CREATE TABLE child (id int REFERENCES b);
        INSERT INTO clock VALUES ('after b');
        SELECT pg_sleep(2);
        INSERT INTO clock VALUES ('end');
        COMMIT"""
    found = {(each.relation, each.mode): each.seconds for each in _locks(shop, text)}
    with connect_staging(shop) as admin:
        rows = admin.execute("SELECT what, extract(epoch FROM at)::float8 FROM public.clock").fetchall()
        at: dict[str, float] = dict(rows)
    for name, mode, seconds in (
        ("a", "AccessExclusiveLock", found["public.a", "AccessExclusiveLock"]),
        ("b", "ShareRowExclusiveLock", found["public.b", "ShareRowExclusiveLock"]),
    ):
        shortest, longest = at["end"] - at[f"after {name}"], at["end"] - at[f"before {name}"]
        assert 0.9 * shortest - 0.02 < seconds < 1.1 * longest + 0.1, (name, mode)


def test_locks_of_one_transaction_are_counted_together(shop: Address) -> None:
    with connect_staging(shop) as admin:
        admin.execute("".join(f"CREATE TABLE public.t{n} (id int);" for n in range(30)))
    altered = "".join(f"ALTER TABLE t{n} ADD x int;" for n in range(30))
    files = [SourceFile("m.sql", f"BEGIN;{altered}COMMIT".encode())]
    with (
        closing(connect_staging(shop)) as observer,
        closing(psycopg.connect(shop.url, autocommit=True)) as session,
        LockWatch(shop, besides=[observer.info.backend_pid]) as watch,
    ):
        run_migration(session, observer, files, time_budget=60, look=watch.look)
    assert 30 <= watch.most < 60
