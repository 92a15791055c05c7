-- Keys of every kind, orders of definition (CLUSTER ON, REPLICA IDENTITY), foreign keys in circles.
CREATE SCHEMA a06;
SET search_path = a06, public;
CREATE EXTENSION btree_gist SCHEMA public;
CREATE TABLE bookings (room int, during tstzrange, EXCLUDE USING gist (room WITH =, during WITH &&));
INSERT INTO bookings
SELECT i, tstzrange('2024-01-01'::timestamptz + i * interval '1 day', '2024-01-02'::timestamptz + i * interval '1 day')
  FROM generate_series(1, 20) i;
CREATE TABLE deferred (a int UNIQUE DEFERRABLE INITIALLY DEFERRED, b text);
INSERT INTO deferred VALUES (1, 'x'), (2, 'y');
CREATE TABLE partial (a int, b text);
CREATE UNIQUE INDEX ON partial (b) WHERE a > 0;
CREATE UNIQUE INDEX ON partial (lower(b), a);
INSERT INTO partial VALUES (0, 'x'), (-1, 'x'), (1, 'x');
CREATE STATISTICS on_partial ON a, b FROM partial;
CREATE TABLE not_distinct (a int UNIQUE NULLS NOT DISTINCT, b text);
INSERT INTO not_distinct VALUES (NULL, 'x'), (1, 'y');
CREATE TABLE clustered (a int PRIMARY KEY, b text NOT NULL UNIQUE);
INSERT INTO clustered SELECT i, 'b' || i FROM generate_series(1, 50) i;
ALTER TABLE clustered CLUSTER ON clustered_b_key;
ALTER TABLE clustered REPLICA IDENTITY USING INDEX clustered_b_key;
CREATE INDEX ON clustered USING brin (a);
CREATE INDEX ON clustered USING hash (b);
CREATE INDEX ON clustered (a) INCLUDE (b);
CREATE TABLE full_identity (a int);
ALTER TABLE full_identity REPLICA IDENTITY FULL;
CREATE TABLE left_one (id int PRIMARY KEY, other int NOT NULL);
CREATE TABLE right_one (id int PRIMARY KEY, other int NOT NULL REFERENCES left_one DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE left_one ADD FOREIGN KEY (other) REFERENCES right_one DEFERRABLE INITIALLY DEFERRED;
BEGIN;
INSERT INTO left_one VALUES (1, 1), (2, 2);
INSERT INTO right_one VALUES (1, 2), (2, 1);
COMMIT;
CREATE TABLE itself (id int PRIMARY KEY, p int REFERENCES itself, q int REFERENCES itself);
INSERT INTO itself VALUES (1, NULL, NULL), (2, 1, 2);
CREATE TABLE orphans (id int, p int);
INSERT INTO orphans VALUES (1, 99);
ALTER TABLE orphans ADD FOREIGN KEY (p) REFERENCES itself NOT VALID;
ALTER TABLE orphans ADD CHECK (id > 5) NOT VALID;
