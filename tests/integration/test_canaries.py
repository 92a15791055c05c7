"""Visitors of locked tables on a real server: whom they wait for, what they leave, and where they are not let in."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import psycopg
import pytest
from psycopg import sql

from stagecopy.model.impact import Canary
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.impact import VisitedTable, longest_transaction, visited_tables
from stagecopy.trial.canaries import MOST_TABLES, Canaries
from stagecopy.trial.long_reader import LongReader

TABLES = """
    CREATE TABLE public.plain (id serial PRIMARY KEY, v int);
    CREATE TABLE public.empty (id int);
    CREATE TABLE public.split (id int) PARTITION BY RANGE (id);
    CREATE TABLE public.split_1 PARTITION OF public.split FOR VALUES FROM (0) TO (1000);
    CREATE MATERIALIZED VIEW public.kept AS SELECT 1 AS one;
    CREATE VIEW public.seen AS SELECT id FROM public.plain;
    CREATE TABLE public."Odd ""name%" (id int);
    CREATE FUNCTION public.never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
    CREATE TRIGGER never BEFORE INSERT OR UPDATE OR DELETE ON public.plain FOR EACH STATEMENT EXECUTE FUNCTION never();
    ALTER TABLE public.plain DISABLE TRIGGER never;
    INSERT INTO public.plain (v) SELECT i FROM generate_series(1, 500) i;
    ALTER TABLE public.plain ENABLE TRIGGER never;
    INSERT INTO public.split SELECT i FROM generate_series(1, 50) i;
    ANALYZE;
"""
NAMES = [f"public.{name}" for name in ("plain", "empty", "split", "kept", "seen", 'Odd "name%')]
LEFT = "SELECT (SELECT last_value FROM plain_id_seq), (SELECT count(*) FROM plain), (SELECT sum(v) FROM plain)"


@pytest.fixture
def place(fresh_database: Address) -> Address:
    with psycopg.connect(fresh_database.url, autocommit=True) as admin:
        admin.execute(TABLES.encode())
    return fresh_database


def _tables(place: Address) -> list[VisitedTable]:
    with closing(connect_staging(place)) as observer:
        found = {each.relation: each for each in visited_tables(observer, NAMES)}
    return [found[name] for name in NAMES]


def _seen(canaries: Canaries) -> dict[str, Canary]:
    return {each.relation: each for each in canaries.told()}


def test_whatever_is_visited_stays_as_it_is(place: Address) -> None:
    with psycopg.connect(place.url) as admin:
        before = admin.execute(LEFT).fetchone()
    with Canaries(place, _tables(place)) as canaries:
        time.sleep(0.3)
    seen = _seen(canaries)
    assert sorted(seen) == sorted(NAMES)
    assert canaries.unwatched == ()
    assert [each.relation for each in seen.values() if each.samples < 4] == []
    assert {name for name, each in seen.items() if each.write is None} == {"public.kept", "public.seen"}
    with psycopg.connect(place.url) as admin:
        assert admin.execute(LEFT).fetchone() == before


def test_a_lock_is_told_from_the_queue_before_it(place: Address) -> None:
    def change() -> None:
        with psycopg.connect(place.url) as session:
            session.execute("LOCK TABLE plain IN ACCESS EXCLUSIVE MODE")
            session.execute("LOCK TABLE empty IN SHARE MODE")
            time.sleep(0.3)

    changing = threading.Thread(target=change)
    with Canaries(place, _tables(place)[:1]) as canaries, LongReader(place, 0.6, meet=canaries.join) as reader:
        changing.start()
        changing.join()
        time.sleep(0.05)
    plain = _seen(canaries)["public.plain"]
    assert (reader.waited, reader.wanted[0]) == (True, ("public.plain", "AccessExclusiveLock"))
    assert plain.write is not None
    assert (plain.read.cause, plain.write.cause) == ("queue", "queue")
    assert 0.85 < plain.read.seconds < 2.0
    changing = threading.Thread(target=change)
    with Canaries(place, _tables(place)[:2]) as canaries:
        changing.start()
        changing.join()
        time.sleep(0.05)
    seen = _seen(canaries)
    assert (seen["public.plain"].read.cause, seen["public.plain"].read.seconds > 0.25) == ("lock", True)
    empty = seen["public.empty"]
    assert empty.write is not None
    assert (empty.read.cause, empty.write.cause) == (None, "lock")  # SHARE lets others read


def test_who_is_not_let_in_knows_nothing(place: Address) -> None:
    with psycopg.connect(place.url, autocommit=True) as admin:
        role = f"nobody_{place.database}"
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(sql.Identifier(role)))
        try:
            with Canaries(place.to(user=role, password="x"), _tables(place)[:2]) as canaries:
                time.sleep(0.2)
            assert canaries.told() == ()
            assert set(canaries.unwatched) == {"public.plain", "public.empty"}
            admin.execute("SELECT pg_sleep(0.1)")
            with psycopg.connect(place.to(user=role, password="x").url) as theirs:
                assert longest_transaction(theirs, "mine") is None
        finally:
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_more_tables_than_can_be_visited_are_named(place: Address) -> None:
    with psycopg.connect(place.url, autocommit=True) as admin:
        for n in range(MOST_TABLES):
            admin.execute(sql.SQL("CREATE TABLE {} (id int)").format(sql.Identifier("public", f"t{n}")))
    with Canaries(place, _tables(place)[:1]) as canaries:
        canaries.join([f"public.t{n}" for n in range(MOST_TABLES)])
    assert len(canaries.told()) == MOST_TABLES
    assert len(canaries.unwatched) == 1


def test_the_oldest_transaction_of_others_is_seen(place: Address) -> None:
    ours = psycopg.connect(place.url, application_name="ours", autocommit=True)
    with closing(ours), psycopg.connect(place.url, application_name="ours") as also_ours:
        also_ours.execute("SELECT 1")
        assert longest_transaction(ours, "ours") == 0.0
        with psycopg.connect(place.url) as somebody:
            somebody.execute("SELECT 1")
            time.sleep(0.3)
            seen = longest_transaction(ours, "ours")
            assert seen is not None
            assert seen >= 0.3
