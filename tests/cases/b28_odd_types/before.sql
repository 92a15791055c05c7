CREATE SCHEMA b28_odd_types;
CREATE TABLE b28_odd_types.odd (id int PRIMARY KEY, j json, x xml, p point, f float8, n numeric, a int[], r int4range, b bytea, t tsvector);
INSERT INTO b28_odd_types.odd SELECT i, '{"a": 1}', '<a/>', point(i, 1), CASE i % 3 WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' ELSE '0.1' END::float8, 1.0, ARRAY[i, NULL], int4range(i, NULL), '\x00ff', 'a b'
  FROM generate_series(1, 30) i;
CREATE TABLE b28_odd_types.keyless (j json, p point);
INSERT INTO b28_odd_types.keyless SELECT '{"a": 1}', point(1, 1) FROM generate_series(1, 4);
CREATE EXTENSION hstore SCHEMA b28_odd_types;
CREATE EXTENSION cube SCHEMA b28_odd_types;
CREATE EXTENSION ltree SCHEMA b28_odd_types;
CREATE EXTENSION seg SCHEMA b28_odd_types;
SET search_path = b28_odd_types;
CREATE TABLE b28_odd_types.more (id int PRIMARY KEY, h hstore, c cube, l ltree, s seg, m int4multirange, hs hstore[]);
INSERT INTO b28_odd_types.more SELECT i, hstore(ARRAY['a', i::text, 'b', NULL]), cube(ARRAY[i, 2]), ('top.n' || i)::ltree, '1.0 .. 2'::seg, int4multirange(int4range(1, i + 1)), ARRAY[hstore('k', 'v'), NULL]
  FROM generate_series(1, 30) i;
RESET search_path;
