-- Tables without columns, with one, with as many as there may be, with columns dropped in the middle.
CREATE SCHEMA a02;
SET search_path = a02;
CREATE TABLE nothing ();
INSERT INTO nothing DEFAULT VALUES;
INSERT INTO nothing DEFAULT VALUES;
CREATE TABLE one (c text);
INSERT INTO one VALUES (''), (NULL), ('\N'), ('\.'), ('x');
CREATE TABLE dropped (a int, gone text, b text, gone2 int, c text);
ALTER TABLE dropped DROP COLUMN gone;
INSERT INTO dropped VALUES (1, 'b', 5, 'c');
ALTER TABLE dropped DROP COLUMN gone2;
ALTER TABLE dropped ADD COLUMN d int DEFAULT 7;
INSERT INTO dropped VALUES (2, 'bb', 'cc');
CREATE TABLE all_gone (a int, b text);
INSERT INTO all_gone VALUES (1, 'x'), (2, 'y');
ALTER TABLE all_gone DROP COLUMN a;
ALTER TABLE all_gone DROP COLUMN b;
CREATE TABLE only_generated (g int GENERATED ALWAYS AS (1 + 1) STORED);
INSERT INTO only_generated DEFAULT VALUES;
DO $$
BEGIN
    EXECUTE 'CREATE TABLE wide (' || (SELECT string_agg(format('c%s int', i), ',') FROM generate_series(1, 1600) i) || ')';
    EXECUTE 'INSERT INTO wide (c1, c1600) VALUES (1, 2), (3, 4)';
END
$$;
