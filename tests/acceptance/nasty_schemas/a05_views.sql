-- Views on views, matviews on matviews whose names sort the wrong way round, SQL functions with bare names in them.
CREATE SCHEMA a05;
SET search_path = a05;
CREATE TABLE base (id int PRIMARY KEY, v text);
INSERT INTO base SELECT i, 'v' || i FROM generate_series(1, 30) i;
CREATE FUNCTION lookup(int) RETURNS text LANGUAGE sql STABLE SET search_path = a05 AS 'SELECT v FROM base WHERE id = $1';
CREATE VIEW v AS SELECT id, lookup(id) AS w FROM base;
CREATE MATERIALIZED VIEW m1 AS SELECT id, v FROM v JOIN base USING (id);
CREATE UNIQUE INDEX ON m1 (id);
CREATE MATERIALIZED VIEW a_m2 AS SELECT count(*) AS n FROM m1;
CREATE MATERIALIZED VIEW empty_on_purpose AS SELECT 1 AS one WITH NO DATA;
CREATE RECURSIVE VIEW r (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 5;
