CREATE SCHEMA b03_outer_reference;
CREATE TABLE b03_outer_reference.users (id int PRIMARY KEY);
CREATE TABLE b03_outer_reference.posts (id int PRIMARY KEY, user_id int NOT NULL REFERENCES b03_outer_reference.users ON DELETE CASCADE);
CREATE INDEX ON b03_outer_reference.posts (user_id);
CREATE TABLE b03_outer_reference.keep (user_id int PRIMARY KEY);
INSERT INTO b03_outer_reference.users SELECT i FROM generate_series(1, 300) i;
INSERT INTO b03_outer_reference.posts SELECT i, 1 + i % 300 FROM generate_series(1, 600) i;
INSERT INTO b03_outer_reference.keep VALUES (1), (2), (3);
