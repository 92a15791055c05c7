CREATE SCHEMA begin_without_commit;
CREATE TABLE begin_without_commit.users (id int PRIMARY KEY);
INSERT INTO begin_without_commit.users SELECT i FROM generate_series(1, 1000) i;
