"""Production's code must not get out of an engine that cannot contain a superuser: by effect, no file appears.

Each attack does its deed only where our own superuser exists, so production's server and its data stay as they are.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from stagecopy.files import remove_tree
from stagecopy.model.server import Address
from tests.acceptance.harness import Done, Shop

HERE = "(pg_catalog.to_regrole('stagecopy_admin') IS NOT NULL)"
# Tries every way to leave a file, in whatever role it finds itself; says nothing when it fails.
DEED = """
CREATE SCHEMA app;
CREATE FUNCTION app.deed() RETURNS int LANGUAGE plpgsql AS $deed$
DECLARE attempt text;
BEGIN
    IF NOT {here} THEN RETURN 1; END IF;
    FOREACH attempt IN ARRAY ARRAY[
        'COPY (SELECT 1) TO PROGRAM ''touch {folder}/program''',
        'COPY (SELECT pg_catalog.current_query()) TO ''{folder}/file''',
        'SELECT pg_catalog.lo_from_bytea(4712, ''x'')',
        'SELECT pg_catalog.lo_export(4712, ''{folder}/object'')',
        'RESET ROLE; COPY (SELECT 1) TO PROGRAM ''touch {folder}/reset''',
        'SET SESSION AUTHORIZATION DEFAULT; COPY (SELECT 1) TO PROGRAM ''touch {folder}/session''',
        'SET ROLE stagecopy_admin; COPY (SELECT 1) TO PROGRAM ''touch {folder}/admin'''
    ] LOOP
        BEGIN
            EXECUTE attempt;
        EXCEPTION WHEN OTHERS THEN
            CONTINUE;
        END;
    END LOOP;
    RETURN 1;
END $deed$;
CREATE FUNCTION app.done(anyelement) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
    'BEGIN PERFORM app.deed(); RETURN true; END';
CREATE FUNCTION app.same(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
    'BEGIN PERFORM app.deed(); RETURN $1; END';
CREATE TABLE app.plain (id int PRIMARY KEY, word text);
INSERT INTO app.plain SELECT n, 'word ' || n FROM generate_series(1, 5) n;
"""
# What it does is no function of production's that could look away from its failure.
REFUSED = (
    "CREATE DOMAIN app.kept AS text CHECK (CASE WHEN value = 'a' AND {here}"
    " THEN pg_catalog.lo_from_bytea(4711, 'x') > 0 ELSE true END);"
    "CREATE DOMAIN app.written AS text CHECK (CASE WHEN value = 'a' AND {here}"
    " THEN pg_catalog.lo_export(4711, '{folder}/domain') = 1 ELSE true END);"
    "CREATE TABLE app.first (kinds app.kept[] DEFAULT '{{a}}');"
    "CREATE TABLE app.second (kinds app.written[] DEFAULT '{{a}}')"
)
WITH_ROWS = """
CREATE INDEX ON app.plain (app.same(word));
CREATE INDEX ON app.plain (id) WHERE app.done(word);
CREATE STATISTICS app.stats ON (app.same(word)) FROM app.plain;
ALTER TABLE app.plain ADD CHECK (app.done(word)), ADD EXCLUDE USING btree (app.same(word) WITH =),
    ADD twice text GENERATED ALWAYS AS (app.same(word)) STORED, ADD said int DEFAULT app.deed();
CREATE MATERIALIZED VIEW app.seen AS SELECT app.same(word) FROM app.plain;
CREATE MATERIALIZED VIEW app.sought AS SELECT word FROM app.plain;
CREATE INDEX ON app.sought (app.same(word));
CREATE DOMAIN app.kind AS text CHECK (app.done(value));
CREATE TABLE app.kinds AS SELECT 'a'::app.kind AS kind;
CREATE TABLE app.parts (word text) PARTITION BY LIST (app.same(word));
CREATE TABLE app.part PARTITION OF app.parts FOR VALUES IN ('a');
INSERT INTO app.parts VALUES ('a');
ALTER TABLE app.plain ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON app.plain USING (app.done(word));
"""
# A literal of an array or row type is read, and its domains' checks run, while the definition is parsed.
WITH_DEFINITIONS = """
CREATE DOMAIN app.kind AS text CHECK (app.done(value));
CREATE TYPE app.pair AS (a app.kind);
CREATE TABLE app.kinds (kinds app.kind[] DEFAULT '{{a}}');
CREATE VIEW app.pairs AS SELECT '(a)'::app.pair AS pair;
CREATE FUNCTION app.f(app.kind[] DEFAULT '{{a}}') RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION app.add(app.kind, text) RETURNS app.kind LANGUAGE sql AS 'SELECT $1';
CREATE AGGREGATE app.total(text) (SFUNC = app.add, STYPE = app.kind, INITCOND = 'a');
CREATE RULE pairs AS ON INSERT TO app.plain WHERE '{{a}}'::app.kind[] IS NULL DO ALSO NOTHING;
CREATE POLICY pairs ON app.plain USING ('{{a}}'::app.kind[] IS NOT NULL);
CREATE STATISTICS app.stats ON (word || ('{{a}}'::app.kind[])[1]) FROM app.plain;
"""
WITH_TRIGGERS = """
CREATE FUNCTION app.fired() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM app.deed(); RETURN new; END';
CREATE TRIGGER fired BEFORE INSERT OR UPDATE OR DELETE ON app.plain FOR EACH ROW EXECUTE FUNCTION app.fired();
ALTER TABLE app.plain ENABLE ALWAYS TRIGGER fired;
CREATE FUNCTION app.defined() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM app.deed(); END';
CREATE EVENT TRIGGER {unique} ON ddl_command_end EXECUTE FUNCTION app.defined();
"""
WITH_DEFINERS = "ALTER FUNCTION app.deed() SECURITY DEFINER; CREATE INDEX ON app.plain (app.same(word))"
DURING_REFRESH = {
    "rows": WITH_ROWS,
    "definitions": WITH_DEFINITIONS,
    "triggers": WITH_TRIGGERS,
    "definers": WITH_DEFINERS,
    "no function": REFUSED,
}


@dataclass(frozen=True)
class Trap:
    """A folder anybody may write to, which must stay empty."""

    folder: Path

    @property
    def sprung(self) -> list[str]:
        """What was left in it."""
        return sorted(path.name for path in self.folder.iterdir())

    def set(self, production: Address, *statements: str) -> None:
        """Put the deed and *statements* into production, whose own superuser runs them."""
        names = {"folder": self.folder, "unique": self.folder.name.replace("-", "_"), "here": HERE}
        with psycopg.connect(production.url, autocommit=True) as connection:
            for text in (DEED, *statements):
                connection.execute(text.format(**names).encode())
        assert self.sprung == []


@pytest.fixture
def trap() -> Iterator[Trap]:
    """Such a folder; it works, as a superuser of the scratch server shows in the first test."""
    folder = Path(tempfile.mkdtemp(prefix="stagecopy-trap-"))
    folder.chmod(0o777)
    yield Trap(folder)
    remove_tree(folder)


def _sqlstate(done: Done) -> str | None:
    error = done.document["migration"]["error"]
    return error["sqlstate"] if error else None


def test_a_superuser_springs_the_trap(fresh_database: Address, trap: Trap) -> None:
    trap.set(fresh_database)
    name = sql.Identifier("stagecopy_admin")
    with psycopg.connect(fresh_database.url) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
        connection.execute("SELECT app.deed()")
        connection.rollback()
    assert {"program", "file", "object"} <= set(trap.sprung)


@pytest.mark.parametrize("code", DURING_REFRESH.values(), ids=DURING_REFRESH)
def test_code_that_a_refresh_runs_leaves_no_file(embedded_shop: Shop, trap: Trap, code: str) -> None:
    trap.set(embedded_shop.production, code)
    embedded_shop.keep_everything()
    done = embedded_shop.run("refresh", "--json")
    assert trap.sprung == []
    assert (done.code, done.err) == (4 if code is REFUSED else 0, done.err)
    migration = "INSERT INTO app.plain VALUES (6, 'six'); CREATE TABLE app.other (id int)"
    embedded_shop.trial(migration)
    assert trap.sprung == []


def test_neither_the_trial_role_nor_the_served_role_leaves_a_file(embedded_shop: Shop, trap: Trap) -> None:
    trap.set(embedded_shop.production, "ALTER FUNCTION app.deed() SECURITY DEFINER")
    embedded_shop.keep_everything()
    embedded_shop.refreshed()
    touch = f"COPY (SELECT 1) TO PROGRAM 'touch {trap.folder}/touched'"
    for words in ((), ("--role", "postgres"), ("--role", "stagecopy")):
        done = embedded_shop.trial(touch, *words)
        assert (done.code, _sqlstate(done)) == (5, "42501")
        embedded_shop.trial("SELECT app.deed(); DO $$ BEGIN PERFORM app.deed(); END $$", *words)
    with embedded_shop.staging() as staging:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            staging.execute(touch.encode())
        staging.execute("SELECT app.deed()")
        reach = "SELECT rolname FROM pg_roles WHERE pg_has_role(rolname, 'member') AND rolname !~ '^pg_'"
        for (name,) in staging.execute(reach).fetchall():
            staging.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(name)))
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
                staging.execute("SELECT app.deed()")
    assert trap.sprung == []


# What a comparison could stumble over: casts, domains and operators of the migration's own on every column it reads.
SNARES = """
CREATE TYPE app.mood AS ENUM ('good', 'bad');
CREATE FUNCTION app.said(app.mood) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM app.deed(); RETURN ''m''; END';
CREATE FUNCTION app.heard(text) RETURNS app.mood LANGUAGE plpgsql AS 'BEGIN PERFORM app.deed(); RETURN NULL; END';
CREATE FUNCTION app.alike(app.mood, app.mood) RETURNS boolean LANGUAGE plpgsql AS
    'BEGIN PERFORM app.deed(); RETURN true; END';
CREATE CAST (app.mood AS text) WITH FUNCTION app.said(app.mood) AS IMPLICIT;
CREATE CAST (text AS app.mood) WITH FUNCTION app.heard(text) AS IMPLICIT;
CREATE OPERATOR app.= (LEFTARG = app.mood, RIGHTARG = app.mood, FUNCTION = app.alike);
CREATE DOMAIN app.number AS int CHECK (app.done(value));
CREATE DOMAIN app.wording AS text CHECK (app.done(value));
CREATE TYPE app.pair AS (mood app.mood, words app.wording[]);
ALTER TABLE app.plain ALTER id TYPE app.number, ALTER word TYPE app.wording, ADD mood app.mood, ADD pair app.pair;
UPDATE app.plain SET word = word || '!', mood = 'good', pair = ROW('bad', ARRAY['a']) WHERE id < 3;
DELETE FROM app.plain WHERE id = 4;
CREATE TABLE app.fresh AS SELECT * FROM app.plain;
CREATE INDEX ON app.fresh (app.same(word));
CREATE VIEW app.seen AS SELECT mood::text FROM app.plain;
ALTER TABLE app.plain ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON app.plain USING (app.done(word));
"""


def test_comparing_runs_no_code_of_the_migration(embedded_shop: Shop, trap: Trap) -> None:
    trap.set(embedded_shop.production)
    embedded_shop.keep_everything()
    embedded_shop.refreshed()
    done = embedded_shop.trial(SNARES)
    assert done.document["migration"]["error"] is None
    tables = {table["name"] for table in done.document["tables"]}
    large = {"pg_catalog.pg_largeobject", "pg_catalog.pg_largeobject_metadata"}  # any role may make some
    assert tables == {"app.plain", "app.fresh", *large}
    assert trap.sprung == []
