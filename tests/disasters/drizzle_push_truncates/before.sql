CREATE SCHEMA drizzle_push_truncates;
SET search_path = drizzle_push_truncates;
CREATE TABLE skills (id int PRIMARY KEY, skill_desc text);
INSERT INTO skills SELECT i, '[]' FROM generate_series(1, 130) i;
