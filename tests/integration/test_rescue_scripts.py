"""The scripts of a rescue kit on a real server: everything that can be lost comes back, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from stagecopy.diff.compare import compare
from stagecopy.flows.rescue import rescue_of
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.report.rescue import backup_list, before_script, reverse_script
from stagecopy.safety.losses import losers, still_lost

SCHEMA = """
CREATE TABLE accounts (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail text,
                       plan varchar(9) NOT NULL DEFAULT 'free', seen int,
                       twice int GENERATED ALWAYS AS (seen * 2) STORED);
CREATE TABLE notes (id bigint PRIMARY KEY, account int NOT NULL REFERENCES accounts ON DELETE CASCADE, body text,
                    above bigint REFERENCES notes);
CREATE TABLE links (id int PRIMARY KEY, account int REFERENCES accounts ON DELETE SET NULL);
CREATE TABLE loose (word text, n int);
CREATE TABLE "Gone ""one" (id serial PRIMARY KEY, "a b" text COLLATE "C" DEFAULT 'x', account int REFERENCES accounts,
                           upper text GENERATED ALWAYS AS (upper("a b")) STORED, UNIQUE ("a b", id));
CREATE INDEX odd ON "Gone ""one" (lower("a b"));
CREATE TABLE kin (id int PRIMARY KEY, one int REFERENCES "Gone ""one");
CREATE TABLE swapped (id int PRIMARY KEY, body text);
CREATE TABLE parts (id int, kind text, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
CREATE TABLE parts_a PARTITION OF parts FOR VALUES IN ('a');
CREATE TABLE parts_b PARTITION OF parts FOR VALUES IN ('b');
CREATE TABLE log (line text);
CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN INSERT INTO public.log VALUES (TG_OP); RETURN NEW; END';
CREATE TRIGGER logged AFTER INSERT OR UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION logs();
INSERT INTO accounts (mail, seen) SELECT CASE WHEN n % 3 > 0 THEN 'm' || n END, n FROM generate_series(1, 30) n;
TRUNCATE log;
INSERT INTO notes SELECT n, 1 + n % 30, 'note', nullif(n - 1, 0) FROM generate_series(1, 60) n;
INSERT INTO links SELECT n, n FROM generate_series(1, 30) n;
INSERT INTO loose SELECT 'w', n % 3 FROM generate_series(1, 9) n;
INSERT INTO "Gone ""one" ("a b", account) SELECT 'v' || n, n FROM generate_series(20, 25) n;
INSERT INTO kin VALUES (1, 1), (2, NULL);
INSERT INTO swapped SELECT n, 'text' FROM generate_series(1, 9) n;
INSERT INTO parts SELECT n, CASE WHEN n % 2 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 8) n;
"""
MIGRATION = """
DELETE FROM notes WHERE above IS NOT NULL;
DELETE FROM accounts WHERE id <= 5;
ALTER TABLE accounts RENAME TO people;
ALTER TABLE people RENAME mail TO address;
UPDATE people SET address = NULL WHERE id = 10;
ALTER TABLE people DROP COLUMN plan;
DELETE FROM loose WHERE n = 1;
DROP TABLE "Gone ""one" CASCADE;
CREATE TABLE new AS SELECT * FROM swapped WHERE id < 4;
ALTER TABLE new ADD PRIMARY KEY (id);
DROP TABLE swapped;
ALTER TABLE new RENAME TO swapped;
DROP TABLE parts_a;
"""
STATE = """
SELECT string_agg(part, '|' ORDER BY part) FROM (
    SELECT 'accounts' || concat_ws(',', id, {mail}, plan, seen, twice) FROM {accounts}
    UNION ALL SELECT 'notes' || n::text FROM notes n UNION ALL SELECT 'links' || l::text FROM links l
    UNION ALL SELECT 'loose' || l::text FROM loose l UNION ALL SELECT 'gone' || g::text FROM "Gone ""one" g
    UNION ALL SELECT 'kin' || k::text FROM kin k UNION ALL SELECT 'swapped' || s::text FROM swapped s
    UNION ALL SELECT 'parts' || tableoid::regclass || p::text FROM parts p
    UNION ALL SELECT 'log' || l::text FROM log l
    UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '"Gone ""one"'::regclass
    UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = '"Gone ""one"'::regclass) q(part)
"""


NOW = {"accounts": "people", "mail": "address"}


@contextmanager
def copied(database: Address, name: str) -> Iterator[Address]:
    """A database like *database*, in which tables keep their numbers."""
    with connect_staging(database.to(database="postgres")) as admin:
        names = sql.Identifier(name), sql.Identifier(database.database)
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        try:
            yield database.to(database=name)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(names[0]))


def run(production: Address, text: str) -> None:
    """Run *text* there."""
    with psycopg.connect(production.url, autocommit=True) as connection:
        connection.execute(text.encode())


def state(production: Address, **names: str) -> Any:
    """All that can be lost."""
    text = STATE.format(**({"accounts": "accounts", "mail": "mail"} | names))
    with psycopg.connect(production.url) as connection:
        row = connection.execute(text.encode()).fetchone()
    assert row is not None
    return row[0].split("|")


@pytest.fixture
def three(fresh_database: Address) -> Iterator[tuple[Address, Address, Address]]:
    """Before, after the migration, and a production like the first."""
    run(fresh_database, SCHEMA)
    with ExitStack() as stack:
        after, production = (
            stack.enter_context(copied(fresh_database, f"{fresh_database.database}_{word}")) for word in ("a", "p")
        )
        run(after, MIGRATION)
        yield fresh_database, after, production


def test_all_that_is_lost_comes_back(three: tuple[Address, Address, Address]) -> None:
    before, after, production = three
    rescue = rescue_of(before, after, list(losers(compare(before, after))))
    assert {each.before.name for each in rescue.lost} == {
        *("accounts", "notes", "links", "loose", 'Gone "one', "swapped", "parts_a"),
    }
    run(production, before_script(rescue))
    run(production, MIGRATION)
    run(production, "INSERT INTO people (address, seen) VALUES ('new', 1); TRUNCATE log")
    run(production, reverse_script(rescue))
    assert still_lost(compare(before, production)) == ()
    run(production, 'DELETE FROM people WHERE address = \'new\'; INSERT INTO "Gone ""one" DEFAULT VALUES')
    run(production, 'DELETE FROM "Gone ""one" WHERE "a b" = \'x\'')
    told = [line.replace("REFERENCES people(", "REFERENCES accounts(") for line in state(production, **NOW)]
    assert told == state(before)
    assert "pg_dump -Fc -f rescue.dump" in backup_list(rescue)
