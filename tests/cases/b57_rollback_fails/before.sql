CREATE SCHEMA b57_rollback_fails;
CREATE TABLE b57_rollback_fails.users (id int PRIMARY KEY, email text NOT NULL);
INSERT INTO b57_rollback_fails.users SELECT i, 'user' || i || '@corp.test' FROM generate_series(1, 20) i;
