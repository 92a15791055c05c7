CREATE SCHEMA do_block;
CREATE TABLE do_block.users (id int PRIMARY KEY, nick text);
INSERT INTO do_block.users SELECT i, CASE WHEN i % 4 = 0 THEN 'nick' || i END FROM generate_series(1, 1000) i;
