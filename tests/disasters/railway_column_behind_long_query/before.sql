CREATE SCHEMA railway_column_behind_long_query;
SET search_path = railway_column_behind_long_query;
CREATE TABLE projects (id int PRIMARY KEY, name text);
INSERT INTO projects SELECT i, 'p' || i FROM generate_series(1, 100) i;
