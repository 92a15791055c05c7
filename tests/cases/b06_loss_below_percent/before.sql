CREATE SCHEMA b06_loss_below_percent;
CREATE TABLE b06_loss_below_percent.users (id int PRIMARY KEY, email text NOT NULL, last_seen date);
INSERT INTO b06_loss_below_percent.users
SELECT i, 'user' || i || '@corp.test', CASE WHEN i > 565 THEN date '2024-01-01' + i % 300 END
  FROM generate_series(1, 12000) i;
