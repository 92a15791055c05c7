CREATE SCHEMA b42_rewritten_at_size;
CREATE TABLE b42_rewritten_at_size.big (id int PRIMARY KEY, amount int, note text);
INSERT INTO b42_rewritten_at_size.big SELECT i, i, repeat('x', 200) FROM generate_series(1, 10000) i;
