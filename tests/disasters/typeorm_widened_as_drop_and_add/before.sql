CREATE SCHEMA typeorm_widened_as_drop_and_add;
SET search_path = typeorm_widened_as_drop_and_add;
CREATE TABLE bug (id int PRIMARY KEY, example varchar(50));
INSERT INTO bug SELECT i, 'text ' || i FROM generate_series(1, 75) i;
