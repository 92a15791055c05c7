CREATE SCHEMA dinference_no_lock_timeout;
SET search_path = dinference_no_lock_timeout;
CREATE TABLE jobs (id int PRIMARY KEY, state text);
INSERT INTO jobs SELECT i, 'new' FROM generate_series(1, 50) i;
