CREATE SCHEMA tarkovtracker_one_long_backfill;
SET search_path = tarkovtracker_one_long_backfill;
CREATE TABLE progress (id int PRIMARY KEY, done int, total int);
INSERT INTO progress SELECT i, i, NULL FROM generate_series(1, 20000) i;
