CREATE SCHEMA zulip_many_violations;
SET search_path = zulip_many_violations;
CREATE TABLE counts (id int PRIMARY KEY, server int, property text, "end" int);
INSERT INTO counts SELECT i, i % 10, 'p' || i % 5, i / 100 FROM generate_series(1, 1000) i;
