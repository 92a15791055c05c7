"""Raw values that found a way round the masks: each is seen, the copy is destroyed, and no message repeats it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.harness import Shop

CANARY = "zaphira.quillfeather@canary-nest.test"
NAME = "Zaphira Quillfeather"
_NAMED = "person7@mail.test"  # things named after somebody are named in messages
_PEOPLE = f"""
CREATE TABLE people (id int PRIMARY KEY, email text, full_name text, note text);
INSERT INTO people SELECT n, 'person' || n || '@mail.test', 'James Smith', 'note ' || n FROM generate_series(2, 40) n;
INSERT INTO people VALUES (1, '{CANARY}', '{NAME}', 'nothing');
"""
_RULES = """tables:
  public.people:
    columns:
      email: {mask: email}
      full_name: {mask: name}
patterns:
  - {column: "*", keep: nothing personal as far as we know}
"""
_PLACES = {
    "kept column, in the middle of a text": (
        f"UPDATE people SET note = 'wrote from {CANARY.upper()}, twice' WHERE id = 7",
        "public.people.note",
    ),
    "tsvector filled by a trigger": (
        """CREATE TABLE found (id int, words tsvector);
        CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS
            $$BEGIN NEW.words := pg_catalog.to_tsvector('pg_catalog.simple', 'mail ' || (SELECT email FROM public.people
              WHERE id = NEW.id)); RETURN NEW; END$$;
        CREATE TRIGGER fill BEFORE INSERT ON found FOR EACH ROW EXECUTE FUNCTION fill();
        INSERT INTO found VALUES (1), (2)""",
        "public.found.words",
    ),
    "full name in an audit table": (
        f"CREATE TABLE audit (said text); INSERT INTO audit VALUES ('{NAME} was changed by root')",
        "public.audit.said",
    ),
    "JSON log": (
        f"""CREATE TABLE log (doc jsonb); INSERT INTO log VALUES ('{{"request": [{{"who": "{NAME}"}}]}}')""",
        "public.log.doc",
    ),
    "materialized view of a kept column": (
        f"""CREATE TABLE raw (t text); INSERT INTO raw VALUES ('x');
        CREATE MATERIALIZED VIEW seen AS SELECT t, '{CANARY}'::text AS mail FROM raw""",
        "view public.seen",
    ),
    "comment": (f"COMMENT ON COLUMN people.note IS 'ask {CANARY}'", "comment on public.people.note"),
    "default": (f"ALTER TABLE people ALTER note SET DEFAULT 'by {NAME}'", "default of public.people.note"),
    "enum label": (f"CREATE TYPE owner AS ENUM ('{CANARY}')", "label of enum owner"),
    "partition bound": (
        f"""CREATE TABLE parts (who text) PARTITION BY LIST (who);
        CREATE TABLE part PARTITION OF parts FOR VALUES IN ('{NAME}')""",
        "partition bound of public.part",
    ),
    "literal of a partial index": (
        f"CREATE INDEX only_one ON people (id) WHERE note = '{CANARY}'",
        "index public.only_one",
    ),
    "text of a view": (f"CREATE VIEW one AS SELECT * FROM people WHERE email = '{CANARY}'", "view public.one"),
    "body of a function": (
        f"CREATE FUNCTION boss() RETURNS text LANGUAGE sql AS $$SELECT '{CANARY}'::text$$",
        "function public.boss",
    ),
    "constraint": (f"ALTER TABLE people ADD CONSTRAINT no_boss CHECK (note <> '{CANARY}')", "constraint no_boss"),
    "array": (
        f"CREATE TABLE lists (all_of text[]); INSERT INTO lists VALUES (ARRAY['x', '{NAME}'])",
        "public.lists.all_of",
    ),
    "bytea": (
        f"CREATE TABLE files (body bytea); INSERT INTO files VALUES ('From: {CANARY}'::bytea)",
        "public.files.body",
    ),
    "bytea below two domains": (
        f"""CREATE DOMAIN bytes AS bytea; CREATE DOMAIN file AS bytes;
        CREATE TABLE more_files (body file); INSERT INTO more_files VALUES ('From: {CANARY}'::bytea)""",
        "public.more_files.body",
    ),
    "xml": (f"CREATE TABLE xmls (x xml); INSERT INTO xmls VALUES ('<a m=\"{CANARY}\"/>')", "public.xmls.x"),
    "range of texts": (
        f"""CREATE TYPE texts AS RANGE (subtype = text); CREATE TABLE ranges (r texts);
        INSERT INTO ranges VALUES ('[{CANARY},]')""",
        "public.ranges.r",
    ),
    "domain over an array": (
        f"""CREATE DOMAIN several AS text[]; CREATE TABLE public.groups (s several);
        INSERT INTO public.groups VALUES (ARRAY['x', '{NAME}'])""",
        "public.groups.s",
    ),
    "escaped JSON": (
        r"""CREATE TABLE escaped (doc json); INSERT INTO escaped VALUES
        ('{"who": "zaphira\u002equillfeather\u0040canary-nest.test"}')""",
        "public.escaped.doc",
    ),
    "web address": (
        "CREATE TABLE visits (url text); INSERT INTO visits VALUES ('https://a.test/?q=Zaphira%20Quillfeather')",
        "public.visits.url",
    ),
    "default of a composite type": (
        f"CREATE TYPE pair AS (a int, b text); CREATE TABLE pairs (p pair DEFAULT ROW(1, '{NAME}')::pair)",
        "default of public.pairs.p",
    ),
    "expression of an index": (
        f"CREATE INDEX by_answer ON people ((note = '{CANARY}'))",
        "index public.by_answer",
    ),
    "expression of statistics": (
        f"CREATE STATISTICS guess ON (note || '{CANARY}'), (id + 1) FROM people",
        "statistics guess",
    ),
    "partition key": (
        f"CREATE TABLE by_who (who text) PARTITION BY LIST ((replace(who, '{CANARY}', '')))",
        "partition key of public.by_who",
    ),
    "rule": (
        f"CREATE RULE no_more AS ON DELETE TO people WHERE old.note = '{CANARY}' DO INSTEAD NOTHING",
        "rule no_more",
    ),
    "policy": (
        f"CREATE POLICY own ON people USING (note = '{CANARY}')",
        "policy own",
    ),
    "arguments and condition of a trigger": (
        f"""CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER told BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION nothing('{CANARY}');
        CREATE TRIGGER asked BEFORE INSERT ON people FOR EACH ROW WHEN (NEW.note = '{NAME}')
        EXECUTE FUNCTION nothing()""",
        "trigger told",
    ),
    "condition of a trigger": ("SELECT 1", "trigger asked"),
    "setting of a function": (
        f"CREATE FUNCTION quiet() RETURNS int LANGUAGE sql SET application_name = '{CANARY}' AS 'SELECT 1'",
        "function public.quiet",
    ),
    "publication": (
        f"CREATE PUBLICATION part FOR TABLE people WHERE (id > 1 AND note <> '{CANARY}')",
        "publication part",
    ),
    "condition of a domain": (
        f"CREATE DOMAIN careful AS text CONSTRAINT not_she CHECK (VALUE <> '{CANARY}')",
        "constraint not_she",
    ),
    "comment on a sequence": (
        f"CREATE SEQUENCE counter; COMMENT ON SEQUENCE counter IS '{CANARY}'",
        "comment on public.counter",
    ),
    "comment on an operator": (
        f"""CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
        COMMENT ON OPERATOR === (int, int) IS '{CANARY}'""",
        "comment on pg_operator",
    ),
    "name of a table": (f"""CREATE TABLE "{_NAMED}" (x int)""", "name of a relation"),
    "name of a column": (f"""CREATE TABLE shared ("{_NAMED}" int)""", "name of a column"),
    "name of a function's argument": (
        f"""CREATE FUNCTION ask("{NAME}" int) RETURNS int LANGUAGE sql AS 'SELECT 1'""",
        "name of a function",
    ),
    "name of a schema": (f"""CREATE SCHEMA "{_NAMED}" """, "name of a schema"),
}

_MANY = 100_000
_HONEST = f"""
CREATE TABLE person (id bigint PRIMARY KEY, email text UNIQUE, first_name text, full_name text, phone text,
                     token text DEFAULT 'no token was given', born date, town text, note text);
INSERT INTO person SELECT n, 'user' || n || '@corp.test', (ARRAY['James','Mary','Linda'])[1 + n % 3],
       (ARRAY['James','Mary','Linda'])[1 + n % 3] || ' ' || (ARRAY['Smith','Garcia'])[1 + n % 2],
       '(415) 555-' || lpad((n % 10000)::text, 4, '0'), CASE WHEN n % 3 = 0 THEN 'no token was given'
       ELSE md5(n::text) END, date '1960-01-01' + n, 'San Francisco', 'Mary Garcia ordered on ' || date '1960-01-01' + n
  FROM generate_series(1, {_MANY}) n;
CREATE TABLE blurb (words text);
INSERT INTO blurb VALUES ('James Smith of San Francisco paid (415) 555-0001; no token was given');
"""


@pytest.mark.parametrize("direct", [True, pytest.param(False, marks=pytest.mark.repeat)], ids=["direct", "backup"])
def test_A34_every_place_is_searched(embedded_shop: Shop, direct: bool) -> None:
    embedded_shop.rules(_RULES)
    embedded_shop.production_sql(_PEOPLE)
    first = embedded_shop.refreshed("--direct")
    assert first["audit"] == {"checked": 41, "leaks": 0}  # James Smith is a name that the mask could put
    for sql, _ in _PLACES.values():
        embedded_shop.production_sql(sql)
    done = embedded_shop.run("refresh", "--json", *(["--direct"] if direct else []))
    assert done.code == 1, done.err
    document = done.document
    assert document["error"]["code"] == "leak"
    said = document["error"]["message"].splitlines()
    missed = [name for name, (_, place) in _PLACES.items() if not any(line.startswith(place) for line in said)]
    assert missed == [], document["error"]["message"]
    assert document["audit"]["leaks"] >= len(_PLACES)
    for told in (done.out, done.err):
        assert "quillfeather" not in told.lower()
    with embedded_shop.staging() as staging:  # yesterday's
        assert staging.execute("SELECT count(*) FROM people").fetchone() == (40,)


@pytest.mark.parametrize("direct", [True, pytest.param(False, marks=pytest.mark.repeat)], ids=["direct", "backup"])
def test_definitions_are_searched_before_they_are_loaded(embedded_shop: Shop, direct: bool) -> None:
    """What a view makes of harmless words is seen when it is filled."""
    shop, words = embedded_shop, ["--direct"] if direct else []
    shop.rules(_RULES)
    shop.production_sql(f"{_PEOPLE}; {_PLACES['literal of a partial index'][0]}")
    done = shop.run("refresh", "--json", *words)
    assert (done.code, done.document["error"]["where"]) == (1, "index public.only_one")
    assert "rows" in done.err.splitlines()
    assert "indexes" not in done.err.splitlines()
    first, last = CANARY.split("@")
    shop.production_sql(
        f"DROP INDEX only_one; CREATE MATERIALIZED VIEW made AS SELECT '{first}@'::text || '{last}' AS mail"
    )
    done = shop.run("refresh", "--json", *words)
    assert (done.code, done.document["error"]["where"]) == (1, "public.made.mail")
    assert "indexes" in done.err.splitlines()


def test_an_honest_production_passes_and_one_address_in_a_note_does_not(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.rules(
        """tables:
  public.person:
    columns:
      id: {mask: permute}
      email: {mask: email}
      first_name: {mask: first_name}
      full_name: {mask: name}
      phone: {mask: phone}
      token: {mask: hash}
      born: {mask: shift_date}
patterns:
  - {column: "*", keep: nothing personal as far as we know}
"""
    )
    shop.production_sql(_HONEST)
    first = shop.refreshed("--direct")
    assert first["audit"]["leaks"] == 0
    listed = shop.run("snapshot", "list", "--json").document["snapshots"]
    assert [(each["id"], each["served"], each["audit"]["leaks"]) for each in listed] == [(first["snapshot"], True, 0)]
    assert first["snapshot"] in shop.run("snapshot", "list").out
    receipt = json.loads(Path(listed[0]["receipt"]).read_text(encoding="utf-8"))
    columns = {each["column"]: each for each in receipt["columns"]}
    assert columns["public.person.email"]["masked"] == columns["public.person.email"]["searched"] == _MANY
    assert columns["public.person.first_name"]["distinct_before"] == 3
    assert columns["public.person.phone"]["not_searchable"]
    assert receipt["key_id"] == listed[0]["key_id"]
    assert shop.run("masks", "audit", "--json").document["audit"]["leaks"] == 0
    shop.production_sql("UPDATE person SET note = 'ask USER9@corp.test' WHERE id = 8")
    done = shop.run("refresh", "--direct", "--json")
    assert (done.code, done.document["error"]["where"]) == (1, "public.person.note")
    assert "public.person.note holds 1 of public.person.email" in done.document["error"]["message"]
    assert [each["id"] for each in shop.run("snapshot", "list", "--json").document["snapshots"]] == [first["snapshot"]]
    with shop.staging() as staging:
        assert staging.execute("SELECT count(*) FROM person").fetchone() == (_MANY,)


def test_an_old_snapshot_is_searched_for_what_production_holds_now(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.rules(_RULES)
    shop.production_sql(_PEOPLE)
    assert shop.run("masks", "audit", "--json").code == 6
    assert shop.run("snapshot", "list").code == 0
    shop.production_sql("UPDATE people SET note = 'ask late.comer@mail.test' WHERE id = 9")
    snapshot = shop.refreshed("--direct")["snapshot"]
    shop.production_sql("UPDATE people SET email = 'Late.Comer@mail.test' WHERE id = 5")
    found = shop.run("masks", "audit", "--json")
    assert found.code == 1
    assert {"place": "public.people.note", "origin": "public.people.email", "values": 1} in found.document["leaks"]
    assert "late.comer" not in (found.out + found.err).lower()
    assert found.document["snapshot"] == snapshot
    assert shop.run("staging", "list", "--json").document["directories"]
