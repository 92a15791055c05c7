-- Text that means something to COPY, to SQL or to YAML; numbers and times at their limits; types of every kind.
CREATE SCHEMA a14;
SET search_path = a14, public;
CREATE TABLE texts (id serial PRIMARY KEY, t text, masked text);
INSERT INTO texts (t) VALUES
    (NULL), (''), ('\N'), ('\.'), (E'tab\there'), (E'cr\rhere'), (E'lf\nhere'), (E'crlf\r\n'), ('back\slash'), ('\\N'),
    ('quote''s "dq"'), ('/* c */ -- x'), ('$1 $2 $$'), (E'\uFEFFbom'), (' lead'), ('trail '), (E'\x01\x02\x1f'),
    ('üñï🙂'), ('00001402417161'), ('1e5'), ('NaN'), ('true'), (E'\\.\n\\.'), (E'\t'), (E'\n'), (E'\\'),
    (E'a\u2028b\u0085c'), (E'\v\f\b'), ('{"a":1}'), ('%s %d %'), (repeat('x', 100000));
UPDATE texts SET masked = CASE WHEN t = '' THEN t ELSE md5(t) || reverse(t) END; -- not t itself: t is kept, and a copy of a masked value is a leak
CREATE TABLE byte_order_mark (t text);
INSERT INTO byte_order_mark VALUES (E'\uFEFFfirst'), (E'\uFEFF'), ('x');
CREATE TABLE end_of_copy (t text);
INSERT INTO end_of_copy VALUES ('\.'), (NULL), ('');
CREATE TABLE numbers (b bigint, n numeric, f float8, r real, d date, ts timestamptz, t timestamp, i interval, m money,
    tz timetz);
INSERT INTO numbers VALUES
    (9007199254740993, 'NaN', 0.1::float8 + 0.2::float8, 1e38, 'infinity', 'infinity', '-infinity',
     '1 year -3 days 04:05:06.7', 12.34, '04:05:06+02'),
    (-9223372036854775808, repeat('9', 400)::numeric, '-0', 'NaN', '0044-03-15 BC', '2024-03-31 01:59:59.999999+00',
     '294276-12-31 23:59:59', '-1 mon +1 day', -99.99, '00:00-15:59'),
    (9223372036854775807, '-Infinity', '-Infinity', 1.17549435e-38, '5874897-12-31', '4713-01-01 BC',
     '2024-10-27 02:30', '@ 1 minute ago', 0, '24:00');
CREATE EXTENSION hstore SCHEMA public;
CREATE EXTENSION citext SCHEMA public;
CREATE EXTENSION ltree SCHEMA public;
CREATE DOMAIN tags AS text[] CHECK (array_length(VALUE, 1) < 5);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN above AS positive NOT NULL DEFAULT 3;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE TYPE floats AS RANGE (subtype = float8);
CREATE TABLE types (c char(5), bi bit(3), vb varbit, x xml, h hstore, l ltree, ci citext UNIQUE, tv tsvector,
    tq tsquery, r int4range, mr nummultirange, p pair, pa pair[], tg tags, po above, ms mood[], a2 int[][], j json,
    jb jsonb, u uuid, ip inet, ma macaddr, pt point, by bytea, f floats, nm name, reg regclass, pl pg_lsn, dp positive[]);
INSERT INTO types VALUES ('ab', '101', '1', '<a>&amp;</a>', E'a=>"x\ny",b=>NULL', 'a.b.c', 'MiXed', 'a b:1A', 'a & !b',
    '[1,)', '{(,1],[3,4)}', '(1,"x y")', '{"(1,a)","(,)"}', '{a,NULL,"x,y"}', 1, '{sad,NULL}', '{{1,NULL},{3,4}}',
    '{"a":1, "a":2}', 'null', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '::1/128', '08:00:2b:01:02:03', '(1,2)', '\x00ff',
    '[1,2)', 'nm', 'pg_class', '0/16B3748', '{1,2}');
INSERT INTO types (po) VALUES (2);
