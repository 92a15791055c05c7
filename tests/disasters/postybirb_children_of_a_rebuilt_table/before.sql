CREATE SCHEMA postybirb_children_of_a_rebuilt_table;
SET search_path = postybirb_children_of_a_rebuilt_table;
CREATE TABLE submissions (id int PRIMARY KEY, title text);
CREATE TABLE files (id int PRIMARY KEY, submission_id int REFERENCES submissions ON DELETE CASCADE);
CREATE INDEX ON files (submission_id);
INSERT INTO submissions SELECT i, 's' || i FROM generate_series(1, 60) i;
INSERT INTO files SELECT i, 1 + i % 60 FROM generate_series(1, 240) i;
