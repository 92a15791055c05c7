CREATE SCHEMA b21_backfills;
CREATE TABLE b21_backfills.users (id int PRIMARY KEY, plan text, note text, city text, zip text);
INSERT INTO b21_backfills.users SELECT i, CASE WHEN i <= 100 THEN 'old' END, CASE WHEN i <= 40 THEN '' WHEN i <= 90 THEN 'n' END, 'Rome', NULL
  FROM generate_series(1, 300) i;
