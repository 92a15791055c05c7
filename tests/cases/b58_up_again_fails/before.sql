CREATE SCHEMA b58_up_again_fails;
CREATE TABLE b58_up_again_fails.jobs (id int PRIMARY KEY, name text);
INSERT INTO b58_up_again_fails.jobs SELECT i, 'job ' || i FROM generate_series(1, 30) i;
