CREATE SCHEMA failing_statement;
CREATE TABLE failing_statement.users (id int PRIMARY KEY, email text NOT NULL, plan text NOT NULL);
INSERT INTO failing_statement.users
SELECT i, 'twin' || i / 2 || '@corp.test', 'pro' FROM generate_series(1, 1000) i;
