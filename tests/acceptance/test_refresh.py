"""Refresh as its people see it: rows arrive masked, staging keeps its address, failures say what to do."""

from __future__ import annotations

import psycopg

from tests.acceptance.harness import Shop

SCHEMA = """
CREATE TABLE public.users (id int PRIMARY KEY, email text UNIQUE NOT NULL, plan text);
INSERT INTO users SELECT i, 'user' || i || '@corp.test', 'pro' FROM generate_series(1, 500) i;
CREATE TABLE public.posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int REFERENCES users, body text);
INSERT INTO posts (user_id, body) SELECT 1 + i % 500, 'text ' || i FROM generate_series(1, 2000) i;
CREATE MATERIALIZED VIEW public.counts AS SELECT user_id, count(*) FROM public.posts GROUP BY user_id;
CREATE INDEX ON posts (user_id);
"""
RULES = """
tables:
  public.users: {columns: {email: {mask: email}}}
patterns:
  - {column: "*", keep: not personal in this test}
"""


def _fill(shop: Shop) -> None:
    with psycopg.connect(shop.production.url, autocommit=True) as connection:
        connection.execute(SCHEMA)
    shop.rules(RULES)


def test_rows_arrive_masked_and_whole(shop: Shop) -> None:
    _fill(shop)
    document = shop.refreshed()
    assert document["tables"] == [
        {"name": "public.posts", "rows": 2000, "masked": []},
        {"name": "public.users", "rows": 500, "masked": ["email"]},
    ]
    assert document["staging"]["engine"] == shop.engine
    with psycopg.connect(document["staging"]["url"]) as staging, psycopg.connect(shop.production.url) as production:
        query = "SELECT id, plan FROM users ORDER BY id"
        assert staging.execute(query).fetchall() == production.execute(query).fetchall()
        raw = {row[0] for row in production.execute("SELECT email FROM users")}
        masked = {row[0] for row in staging.execute("SELECT email FROM users")}
        assert len(masked) == 500
        assert not raw & masked
        assert staging.execute("SELECT count(*) FROM counts").fetchone() == (500,)
        inserted = staging.execute("INSERT INTO posts (user_id) VALUES (1) RETURNING id").fetchone()
        assert inserted == (2001,)


def test_direct_copies_the_same_and_keeps_no_backup(shop: Shop) -> None:
    _fill(shop)
    first = shop.refreshed()
    with psycopg.connect(first["staging"]["url"]) as staging:
        before = staging.execute("SELECT * FROM users ORDER BY id").fetchall()
    second = shop.refreshed("--direct")
    assert (first["backup"] is None, second["backup"]) == (False, None)
    assert second["staging"]["url"] == first["staging"]["url"]
    with psycopg.connect(second["staging"]["url"]) as staging:
        assert staging.execute("SELECT * FROM users ORDER BY id").fetchall() == before


def test_a_column_without_a_rule_stops_before_a_row_moves(embedded_shop: Shop) -> None:
    shop = embedded_shop
    _fill(shop)
    shop.rules("tables:\n  public.users: {columns: {email: {mask: email}}}\n")
    done = shop.run("refresh")
    assert done.code == 7
    assert "public.posts" in done.err
    assert "body" in done.err
    last = done.err.strip().splitlines()[-1]
    assert last.startswith("refresh failed: ")
    assert "staging serves nothing yet. next: " in last
    assert list((shop.home / "engine").iterdir()) == []
    assert list((shop.home / "backups").iterdir()) == []
