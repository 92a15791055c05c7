CREATE SCHEMA b04_not_in_null;
CREATE TABLE b04_not_in_null.users (id int PRIMARY KEY);
CREATE TABLE b04_not_in_null.kept (user_id int);
INSERT INTO b04_not_in_null.users SELECT i FROM generate_series(1, 300) i;
INSERT INTO b04_not_in_null.kept VALUES (1), (NULL);
