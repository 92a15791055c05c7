CREATE SCHEMA b50_psql_meta;
CREATE TABLE b50_psql_meta.users (id int PRIMARY KEY, email text NOT NULL);
INSERT INTO b50_psql_meta.users SELECT i, 'u' || i || '@corp.test' FROM generate_series(1, 60) i;
CREATE TABLE b50_psql_meta.codes (code text PRIMARY KEY, label text);
