CREATE SCHEMA metabase_hours_of_moving_data;
SET search_path = metabase_hours_of_moving_data;
CREATE TABLE fields (id int PRIMARY KEY, target int);
INSERT INTO fields SELECT i, CASE WHEN i % 4 = 0 THEN i + 1000000 ELSE i END FROM generate_series(1, 8000) i;
