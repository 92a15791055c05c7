CREATE SCHEMA geoid_column_at_every_boot;
SET search_path = geoid_column_at_every_boot;
CREATE TABLE catalogs (id int PRIMARY KEY, title text);
INSERT INTO catalogs SELECT i, 't' FROM generate_series(1, 100) i;
