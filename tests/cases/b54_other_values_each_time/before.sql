CREATE SCHEMA b54_other_values_each_time;
CREATE TABLE b54_other_values_each_time.users (id int PRIMARY KEY, plan text NOT NULL, seen timestamptz, luck float8);
INSERT INTO b54_other_values_each_time.users SELECT i, 'free' FROM generate_series(1, 25) i;
