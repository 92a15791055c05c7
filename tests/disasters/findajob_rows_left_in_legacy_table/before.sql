CREATE SCHEMA findajob_rows_left_in_legacy_table;
SET search_path = findajob_rows_left_in_legacy_table;
CREATE TABLE jobs (id int PRIMARY KEY, stage text NOT NULL);
INSERT INTO jobs SELECT i, CASE WHEN i <= 30 THEN 'new' ELSE 'applied' END FROM generate_series(1, 1700) i;
CREATE TABLE audit_log (id int PRIMARY KEY, job_id int REFERENCES jobs);
INSERT INTO audit_log SELECT i, i FROM generate_series(1, 100) i;
