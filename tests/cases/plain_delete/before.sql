CREATE SCHEMA plain_delete;
CREATE TABLE plain_delete.users (id int PRIMARY KEY, email text NOT NULL, last_seen date);
INSERT INTO plain_delete.users
SELECT i, 'user' || i || '@corp.test', CASE WHEN i > 565 THEN date '2024-01-01' + i % 300 END
  FROM generate_series(1, 12000) i;
