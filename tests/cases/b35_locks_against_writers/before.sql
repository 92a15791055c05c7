CREATE SCHEMA b35_locks_against_writers;
CREATE TABLE b35_locks_against_writers.users (id int PRIMARY KEY);
INSERT INTO b35_locks_against_writers.users SELECT i FROM generate_series(1, 100) i;
CREATE TABLE b35_locks_against_writers.posts (id int PRIMARY KEY, user_id int);
INSERT INTO b35_locks_against_writers.posts SELECT i, i FROM generate_series(1, 100) i;
CREATE TABLE b35_locks_against_writers.events (id int PRIMARY KEY, kind text);
CREATE TABLE b35_locks_against_writers.logs (id int PRIMARY KEY, line text);
CREATE FUNCTION b35_locks_against_writers.quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
