CREATE SCHEMA b57_rollback_loses;
CREATE TABLE b57_rollback_loses.users (id int PRIMARY KEY, email text NOT NULL, phone text);
INSERT INTO b57_rollback_loses.users
SELECT i, 'user' || i || '@corp.test', CASE WHEN i <= 1233 THEN '+49 30 ' || i END FROM generate_series(1, 2000) i;
