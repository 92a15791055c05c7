CREATE SCHEMA update_values;
CREATE TABLE update_values.accounts (id int PRIMARY KEY, email text NOT NULL, plan text NOT NULL, note text);
INSERT INTO update_values.accounts
SELECT i, 'user' || i || '@corp.test', 'pro', CASE WHEN i % 2 = 0 THEN 'called' END
  FROM generate_series(1, 1000) i;
