CREATE SCHEMA drop_column;
CREATE TABLE drop_column.users (id int PRIMARY KEY, email text NOT NULL, phone text);
CREATE INDEX users_phone_idx ON drop_column.users (phone);
CREATE VIEW drop_column.callable AS SELECT id, phone FROM drop_column.users WHERE phone IS NOT NULL;
INSERT INTO drop_column.users
SELECT i, 'user' || i || '@corp.test', CASE WHEN i <= 700 THEN '+49 30 ' || i END FROM generate_series(1, 1000) i;
