"""Some rows of some tables, as its people see it: every key holds, the same rows come again, the report says why."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.acceptance.harness import Shop

KEEP = 'patterns:\n  - {column: "*", keep: nothing personal in this test}\n'
SCHEMA = """
CREATE SCHEMA "My Shop";
CREATE TABLE regions (id int PRIMARY KEY, name text);
CREATE TABLE users (tenant int, id int, region int REFERENCES regions, invited_tenant int, invited_by int, mail text,
  PRIMARY KEY (tenant, id), FOREIGN KEY (invited_tenant, invited_by) REFERENCES users (tenant, id));
CREATE TABLE "My Shop"."Order.s" (day date, "an ""id"" x" int, tenant int NOT NULL, buyer int NOT NULL,
  PRIMARY KEY (day, "an ""id"" x"), FOREIGN KEY (tenant, buyer) REFERENCES users (tenant, id)) PARTITION BY RANGE (day);
CREATE TABLE orders_a PARTITION OF "My Shop"."Order.s" FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE orders_b PARTITION OF "My Shop"."Order.s" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE lines (day date NOT NULL, order_id int NOT NULL, n int, price numeric,
  FOREIGN KEY (day, order_id) REFERENCES "My Shop"."Order.s");
CREATE TABLE codes (code char(6) PRIMARY KEY, rate numeric(8,3) UNIQUE);
CREATE TABLE uses (id serial PRIMARY KEY, code text REFERENCES codes, rate numeric REFERENCES codes (rate));
CREATE TABLE ring_a (id int PRIMARY KEY, b int NOT NULL);
CREATE TABLE ring_b (id int PRIMARY KEY, a int NOT NULL REFERENCES ring_a DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE log (region int REFERENCES regions, note text);
CREATE TABLE old (id int PRIMARY KEY, region int);

INSERT INTO regions SELECT i, 'r' || i FROM generate_series(1, 5) i;
INSERT INTO users SELECT i % 3, i, 1 + i % 5, (i / 2) % 3, nullif(i / 2, 0), 'm' || i FROM generate_series(1, 400) i;
INSERT INTO "My Shop"."Order.s" SELECT '2025-01-01'::date + i, i, i % 3, i FROM generate_series(1, 400) i;
INSERT INTO "My Shop"."Order.s" SELECT '2026-12-01', i + 1000, i % 3, i FROM generate_series(1, 100) i;
INSERT INTO lines SELECT o.day, o."an ""id"" x", n, n FROM "My Shop"."Order.s" o, generate_series(1, 3) n;
INSERT INTO codes SELECT 'c' || i, i FROM generate_series(1, 90) i;
INSERT INTO uses (code, rate) SELECT 'c' || i, i * 1.00 FROM generate_series(1, 90) i;
BEGIN;
INSERT INTO ring_a SELECT i, i + 1 FROM generate_series(1, 100) i;
INSERT INTO ring_b SELECT i + 1, i FROM generate_series(1, 100) i;
ALTER TABLE ring_a ADD FOREIGN KEY (b) REFERENCES ring_b DEFERRABLE INITIALLY DEFERRED;
COMMIT;
INSERT INTO log SELECT 1 + i % 5, 'same' FROM generate_series(1, 50) i;
INSERT INTO log VALUES (NULL, E'odd\\tone\\\\'), (NULL, '');
INSERT INTO old SELECT i, i FROM generate_series(1, 10) i;
ALTER TABLE old ADD FOREIGN KEY (region) REFERENCES regions NOT VALID;
CREATE MATERIALIZED VIEW per_region AS SELECT region, count(*) FROM users GROUP BY region;
"""


def _fill(shop: Shop, schema: str = SCHEMA) -> None:
    with psycopg.connect(shop.production.url, autocommit=True) as connection:
        connection.execute(schema)


def _counts(document: Any) -> dict[str, int]:
    return {each["name"]: each["rows"] for each in document["tables"]}


def _rows(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    tables = ("users", '"My Shop"."Order.s"', "lines", "codes", "uses", "ring_a", "ring_b", "log", "old", "regions")
    return {
        table: [row[0] for row in connection.execute(f"SELECT t::text FROM {table} t ORDER BY 1".encode())]
        for table in tables
    }


def _keys_hold(url: str) -> None:
    """Each declared key is made again, which reads all rows; those of NOT VALID keys are as production's."""
    with psycopg.connect(url) as staging:
        keys = staging.execute(
            "SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c"
            " WHERE c.contype = 'f' AND c.convalidated AND c.conparentid = 0"
        ).fetchall()
        for table, name, definition in keys:
            staging.execute(f'ALTER TABLE {table} ADD CONSTRAINT "again {name}" {definition}'.encode())
        staging.rollback()


def test_what_refers_to_chosen_rows_follows_and_every_key_holds(embedded_shop: Shop) -> None:
    shop = embedded_shop
    _fill(shop)
    shop.rules(
        "tables:\n"
        "  users: {rows: {percent: 30, seed: a}}\n"
        "  codes: {rows: {where: \"codes.code IN ('c1', 'c2')\"}}\n"
        "  ring_a: {rows: {where: id <= 10}}\n"
        "  regions: {rows: {where: \"name IN ('r1', 'r2')\"}}\n"
        "  log: {rows: all}\n" + KEEP
    )
    document = shop.refreshed()
    _keys_hold(document["staging"]["url"])
    subsets = {each["name"]: each.get("subset") for each in document["tables"]}
    counts = _counts(document)
    users, lines = subsets["public.users"], subsets["public.lines"]
    assert users["rows_in_production"] == 400
    assert users["reason"] == "30 % of its rows, seed a; pulled by public.users"
    assert 90 < counts["public.users"] - users["pulled"] < 150
    assert lines["reason"] == "follows My Shop.Order.s"
    assert counts["public.lines"] == 3 * (counts["public.orders_a"] + counts["public.orders_b"])
    assert subsets["public.regions"]["reason"].endswith("is true for; pulled by public.log, public.users")
    assert (counts["public.regions"], subsets["public.regions"]["pulled"]) == (5, 3)
    assert counts["public.ring_a"] == counts["public.ring_b"] == 10
    assert counts["public.log"] == 52
    assert counts["public.codes"] == counts["public.uses"] == 2
    assert [each["code"] for each in document["fidelity"]].count("subset") == 1
    with psycopg.connect(document["staging"]["url"]) as staging:
        total = staging.execute("SELECT sum(count) FROM per_region").fetchone()
        assert total == (counts["public.users"],)
        before = _rows(staging)
    again = shop.run("refresh", "--direct")
    assert (again.code, "not all rows came along" in again.out) == (0, True), again.err
    assert "follows My Shop.Order.s" in again.out
    assert f"{counts['public.users']:,} of 400 rows ({users['pulled']:,} pulled)" in again.out
    with shop.staging() as staging:
        assert _rows(staging) == before, "read from production the same rows come as out of the dump"


def test_a_wrong_choice_stops_before_anything_moves(embedded_shop: Shop) -> None:
    shop = embedded_shop
    _fill(shop)
    shop.rules("tables:\n  users:\n    rows: {where: \"mail = 'm77'); DROP TABLE users; --\"}\n" + KEEP)
    done = shop.run("refresh", "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "bad-rules")
    assert str(done.document["error"]["where"]).endswith("rules.yaml:4")
    shop.rules("tables:\n  ring_a: {rows: none}\n  regions: {rows: none}\n" + KEEP)
    told = shop.run("refresh", "--json")
    assert (told.code, told.document["error"]["code"]) == (2, "bad-rules")
    for said in ("public.ring_b (a) refers to rows of public.ring_a", "public.users (region) refers to rows of"):
        assert said in told.document["error"]["message"]
    assert list((shop.home / "engine").iterdir()) == []
    assert list((shop.home / "backups").iterdir()) == []
    for log in shop.home.glob("runs/*/log.jsonl"):
        assert "m77" not in log.read_text(encoding="utf-8")
