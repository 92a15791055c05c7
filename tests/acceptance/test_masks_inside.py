"""Values with an inside (arrays, hstore, composite types) in a refresh: masked parts change, kept bytes do not."""

from __future__ import annotations

from tests.acceptance.harness import Shop

KEEP = "{keep: not personal}"
SCHEMA = r"""
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'so "so"');
CREATE DOMAIN mails AS varchar(60)[];
CREATE TYPE place AS (street text, "no (1), x" int, note text, tags text[]);
CREATE TABLE users (id int PRIMARY KEY, mail text UNIQUE);
CREATE TABLE inside (
    id int PRIMARY KEY, mails text[], few mails, grid text[], days date[], moods mood[], ids uuid[], boxes box[],
    docs jsonb[], attributes hstore, home place, homes place[], photo bytea, words tsvector, mood mood, flag bool,
    code text, note text, kept_array text[], kept_store hstore, kept_place place,
    search tsvector GENERATED ALWAYS AS (to_tsvector('simple', coalesce(note, ''))) STORED);
INSERT INTO users VALUES (1, 'ann@raw.test');
INSERT INTO inside VALUES
  (1, ARRAY['ann@raw.test', NULL, '', 'NULL', E'bob,{}"\\ \n@raw.test'], '{ann@raw.test}',
   '[0:1][-1:0]={{ann@raw.test,NULL},{"a b",c}}', '{2020-02-29,infinity,NULL}', ARRAY['sad', 'so "so"']::mood[],
   '{00000000-0000-0000-0000-000000000001}', '{(1,2),(0,0);NULL}', ARRAY['{"m": "ann@raw.test", "n": 1.50}']::jsonb[],
   hstore(ARRAY['mail', 'ann@raw.test', E'q"\\\n', E'kept "\\\n', 'nil', NULL, 'mail2', '']),
   ROW(E'Raw "Street", (1)', 7, E'kept ,"\\\n)', ARRAY['ann@raw.test', 'b c']),
   ARRAY[ROW('Raw Street', 1, NULL, '{}')::place, NULL], '\x52617721', to_tsvector('simple', 'secret raw words'),
   'sad', true, 'c', 'Write to ann@raw.test, not to 5500 0055 5555 5559. Fine.',
   ARRAY[E'\t"\\N', NULL, 'NULL'], hstore('a', E'\t\\'), ROW('', NULL, E'\\"', '{NULL,"NULL"}')),
  (3, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '', ROW(NULL, NULL, NULL, NULL), '{}', '', '', 'ok', false,
   '', '', '{}', '', NULL);
INSERT INTO inside (id) VALUES (2);
"""
RULES = f"""
tables:
  users: {{columns: {{id: {KEEP}, mail: {{mask: email}}}}}}
  inside:
    columns:
      id: {KEEP}
      mails: {{mask: array, each: email}}
      few: {{mask: array, each: {{mask: email}}}}
      grid: {{mask: array, each: {{mask: hash}}}}
      days: {{mask: array, each: {{mask: shift_date, days: 9}}}}
      moods: {{mask: array, each: enum}}
      ids: {{mask: array, each: {{mask: constant, value: 00000000-0000-0000-0000-00000000000a}}}}
      boxes: {{mask: array, each: {{mask: constant, value: "(9,9),(8,8)"}}}}
      docs: {{mask: array, each: {{mask: json, paths: {{$.m: email}}, rest: keep}}}}
      attributes: {{mask: hstore, keys: {{mail: email}}, rest: keep}}
      home: {{mask: composite, fields: {{street: street, tags: {{mask: array, each: email}}}}, rest: keep}}
      homes: {{mask: array, each: {{mask: composite, fields: {{street: street}}, rest: keep}}}}
      photo: {{mask: bytea}}
      words: {{mask: tsvector, lexemes: codes}}
      mood: {{mask: enum}}
      flag: {{mask: choice, values: [t, f]}}
      code: {{mask: python, call: "project_masks.py:shout", injective: yes}}
      note: {{mask: redact_text}}
      kept_array: {KEEP}
      kept_store: {KEEP}
      kept_place: {KEEP}
"""
SHOUT = (
    "def shout(values, digests):\n    return [value.upper() + digest[:4] for value, digest in zip(values, digests)]\n"
)


def test_A18_values_with_an_inside_are_masked_part_by_part(embedded_shop: Shop) -> None:
    embedded_shop.production_sql(SCHEMA)
    embedded_shop.rules(RULES)
    embedded_shop.write("project_masks.py", SHOUT)
    embedded_shop.refreshed()
    with embedded_shop.staging() as staging:
        mail = staging.execute("SELECT mail FROM users").fetchone()
        assert mail is not None
        assert "raw" not in mail[0]
        whole = staging.execute("SELECT string_agg(inside::text, '') FROM inside").fetchone()
        assert whole is not None
        for raw in ("raw.test", "Raw", "secret", "5555 5559", "00000001"):
            assert raw not in whole[0], raw
        facts = staging.execute(FACTS, {"mail": mail[0]}).fetchone()
        names = staging.execute(FACTS, {"mail": mail[0]}).description or ()
        assert {name.name: fact for name, fact in zip(names, facts or (), strict=True) if fact is not True} == {}
        empty = staging.execute(
            "SELECT mails, home::text, homes, photo, words::text FROM inside WHERE id = 3"
        ).fetchone()
        assert empty == ([], "(,,,)", "{}", b"", "")
        assert staging.execute("SELECT num_nulls(VARIADIC ARRAY[mails::text, home::text, attributes::text, code, note])"
                               " FROM inside WHERE id = 2").fetchone() == (5,)  # fmt: skip


FACTS = r"""
SELECT mails[1] = %(mail)s AS element, mails[2] IS NULL AND mails[3] = '' AND mails[4] <> 'NULL' AS nulls,
       few = ARRAY[%(mail)s]::mails AS domains,
       array_dims(grid) = '[0:1][-1:0]' AND grid[0][0] IS NULL AND length(grid[1][0]) = 64 AS bounds,
       abs(days[1] - '2020-02-29') BETWEEN 1 AND 9 AND array_length(days, 1) = 3 AS dates,
       moods[1] <> 'sad' AND array_length(moods, 1) = 2 AS labels,
       ids = '{00000000-0000-0000-0000-00000000000a}' AS uuids,
       boxes::text = '{(9,9),(8,8);NULL}' AS delimiters,
       docs[1]->>'m' = %(mail)s AND docs[1]->>'n' = '1.50' AS documents,
       attributes - 'mail'::text = hstore(ARRAY[E'q"\\\n', E'kept "\\\n', 'nil', NULL, 'mail2', '']) AS store_kept,
       attributes -> 'mail' = %(mail)s AS store_masked,
       (home)."no (1), x" = 7 AND (home).note = E'kept ,"\\\n)' AND (home).tags[1] = %(mail)s AS fields,
       (home).street NOT LIKE 'Raw%%' AS street, homes[2] IS NULL AND (homes[1])."no (1), x" = 1 AS rows,
       length(photo) = 4 AND photo <> '\x52617721' AS bytes,
       length(words) = 3 AND strip(words) <> words AS vectors, mood <> 'sad' AS label, code LIKE 'C____' AS own,
       note = 'Write to ' || %(mail)s || ', not to ' || substring(note FROM '\d[\d ]+') || '. Fine.' AS found,
       search = to_tsvector('simple', note) AS computed,
       kept_array = ARRAY[E'\t"\\N', NULL, 'NULL'] AND kept_store = hstore('a', E'\t\\') AS kept,
       kept_place::text = ROW('', NULL, E'\\"', '{NULL,"NULL"}'::text[])::place::text AS kept_row
  FROM inside WHERE id = 1
"""
