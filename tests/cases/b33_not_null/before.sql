CREATE SCHEMA b33_not_null;
CREATE TABLE b33_not_null.users (id int PRIMARY KEY, email text);
INSERT INTO b33_not_null.users SELECT i, 'u' || i FROM generate_series(1, 800) i;
CREATE TABLE b33_not_null.people (id int PRIMARY KEY, email text, CONSTRAINT has_email CHECK (email IS NOT NULL));
INSERT INTO b33_not_null.people SELECT i, 'p' || i FROM generate_series(1, 800) i;
