CREATE SCHEMA rename_in_place;
CREATE TABLE rename_in_place.people (id int PRIMARY KEY, mail text NOT NULL UNIQUE);
INSERT INTO rename_in_place.people SELECT i, 'User' || i || '@corp.test' FROM generate_series(1, 1000) i;
