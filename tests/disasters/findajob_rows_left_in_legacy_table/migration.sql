ALTER TABLE findajob_rows_left_in_legacy_table.jobs RENAME TO jobs_before;
CREATE TABLE findajob_rows_left_in_legacy_table.jobs (id int PRIMARY KEY, stage text NOT NULL CHECK (stage IN ('new', 'ready')));
INSERT INTO findajob_rows_left_in_legacy_table.jobs SELECT * FROM findajob_rows_left_in_legacy_table.jobs_before WHERE stage IN ('new', 'ready');
