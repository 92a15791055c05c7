CREATE SCHEMA openlibrary_copy_of_the_table;
SET search_path = openlibrary_copy_of_the_table;
CREATE TABLE editions (id int PRIMARY KEY, body text);
INSERT INTO editions SELECT i, repeat(md5(i::text), 6) FROM generate_series(1, 40000) i;
