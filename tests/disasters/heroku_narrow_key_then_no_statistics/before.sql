CREATE SCHEMA heroku_narrow_key_then_no_statistics;
SET search_path = heroku_narrow_key_then_no_statistics;
CREATE TABLE authorizations (id bigint PRIMARY KEY);
CREATE TABLE tokens (id int PRIMARY KEY, authorization_id int, client int);
INSERT INTO authorizations SELECT i FROM generate_series(1, 500) i;
INSERT INTO tokens SELECT i, i % 500 + 1, i FROM generate_series(1, 2000) i;
ANALYZE tokens;
