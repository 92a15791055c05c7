CREATE SCHEMA b51_beyond_the_database;
CREATE TABLE b51_beyond_the_database.users (id int PRIMARY KEY);
INSERT INTO b51_beyond_the_database.users SELECT i FROM generate_series(1, 20) i;
