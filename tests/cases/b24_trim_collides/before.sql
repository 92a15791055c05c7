CREATE SCHEMA b24_trim_collides;
CREATE TABLE b24_trim_collides.tags (id int PRIMARY KEY, word text NOT NULL);
INSERT INTO b24_trim_collides.tags SELECT i, CASE WHEN i <= 100 THEN 'tag' || i ELSE 'tag' || i - 100 || ' ' END FROM generate_series(1, 105) i;
