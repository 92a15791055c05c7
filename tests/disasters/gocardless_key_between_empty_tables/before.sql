CREATE SCHEMA gocardless_key_between_empty_tables;
SET search_path = gocardless_key_between_empty_tables;
CREATE TABLE accounts (id int PRIMARY KEY, name text);
INSERT INTO accounts SELECT i, 'a' || i FROM generate_series(1, 200) i;
CREATE TABLE mandates (id int PRIMARY KEY, account_id int);
