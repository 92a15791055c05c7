"""Masked keys: references hold, numbers that sequences have yet to give do not collide."""

from __future__ import annotations

from tests.acceptance.harness import Shop

KEEP = "{keep: not personal}"


def test_A10_A25_permuted_keys_join_and_the_next_insert_does_not_collide(embedded_shop: Shop) -> None:
    embedded_shop.production_sql(
        """
        CREATE TABLE people (
            id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, token uuid UNIQUE NOT NULL DEFAULT gen_random_uuid(),
            card text UNIQUE, born date, salary numeric(10,2) CHECK (salary > 0));
        CREATE TABLE "Orders" (
            "Id" bigserial PRIMARY KEY, person bigint REFERENCES people, token uuid REFERENCES people (token));
        CREATE SEQUENCE falling INCREMENT -1 START -100;
        CREATE TABLE notes (id int DEFAULT nextval('falling') PRIMARY KEY);
        CREATE TABLE kept (id serial PRIMARY KEY, v int);
        INSERT INTO kept (v) SELECT 1 FROM generate_series(1, 9);
        SELECT setval('kept_id_seq', 400);
        INSERT INTO people (born, salary) SELECT '1990-01-15'::date + n, n + 0.25 FROM generate_series(1, 700) n;
        INSERT INTO "Orders" (person, token) SELECT id, token FROM people, generate_series(1, 3);
        INSERT INTO notes SELECT nextval('falling') FROM generate_series(1, 50);
        """
    )
    embedded_shop.rules(
        "tables:\n"
        "  people:\n    columns:\n"
        "      id: {mask: permute}\n      token: {mask: uuid}\n      card: {mask: card}\n"
        "      born: {mask: truncate_date, to: month}\n      salary: {mask: noise, percent: 20}\n"
        "  Orders: {columns: {Id: {mask: permute}}}\n"
        "  notes: {columns: {id: {mask: permute}}}\n"
        f"  kept: {{columns: {{id: {KEEP}, v: {{mask: noise, amount: 5}}}}}}\n"
    )
    embedded_shop.refreshed()
    with embedded_shop.staging() as staging:

        def one(query: str) -> object:
            row = staging.execute(query.encode()).fetchone()
            assert row is not None
            return row[0]

        joined = 'SELECT count(*) FROM "Orders" o JOIN people p ON p.id = o.person AND p.token = o.token'
        assert one(joined) == 2100
        assert one("SELECT count(*) FROM people WHERE id = round(salary)") != 700
        assert one("SELECT count(*) FROM people WHERE extract(day FROM born) <> 1 OR salary <= 0") == 0
        assert (one("SELECT min(id) FROM people"), one("SELECT count(DISTINCT id) FROM people")) == (1, 700)
        highest = one("SELECT max(id) FROM people")
        new = "INSERT INTO people (born, salary) VALUES (now(), 1) RETURNING id"
        assert isinstance(highest, int)
        assert highest > 700
        assert one(new) == highest + 1
        assert one('INSERT INTO "Orders" DEFAULT VALUES RETURNING "Id"') == one('SELECT max("Id") FROM "Orders"')
        lowest = one("SELECT min(id) FROM notes")
        assert isinstance(lowest, int)
        assert one("INSERT INTO notes DEFAULT VALUES RETURNING id") == min(lowest, -149) - 1
        assert (
            one("INSERT INTO kept DEFAULT VALUES RETURNING id") == 401
        )  # a sequence of kept numbers stands where it stood
