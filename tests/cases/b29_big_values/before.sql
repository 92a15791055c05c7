CREATE SCHEMA b29_big_values;
CREATE TABLE b29_big_values.files (id int PRIMARY KEY, small text, big text);
ALTER TABLE b29_big_values.files ALTER big SET STORAGE EXTERNAL, ALTER small SET STORAGE EXTERNAL;
INSERT INTO b29_big_values.files SELECT i, repeat('x', 1600) || i, repeat('y', 500000) || i FROM generate_series(1, 6) i;
