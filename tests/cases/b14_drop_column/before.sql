CREATE SCHEMA b14_drop_column;
CREATE TABLE b14_drop_column.users (id int PRIMARY KEY, email text NOT NULL, phone text);
CREATE INDEX users_phone_idx ON b14_drop_column.users (phone);
CREATE VIEW b14_drop_column.callable AS SELECT id, phone FROM b14_drop_column.users WHERE phone IS NOT NULL;
INSERT INTO b14_drop_column.users
SELECT i, 'user' || i || '@corp.test', CASE WHEN i <= 700 THEN '+49 30 ' || i % 350 END FROM generate_series(1, 1000) i;
