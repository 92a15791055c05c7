CREATE SCHEMA b36_kept_to_commit;
CREATE TABLE b36_kept_to_commit.accounts (id int PRIMARY KEY);
INSERT INTO b36_kept_to_commit.accounts SELECT i FROM generate_series(1, 10) i;
CREATE TABLE b36_kept_to_commit.plans (id int PRIMARY KEY, price int);
INSERT INTO b36_kept_to_commit.plans SELECT i, i FROM generate_series(1, 10) i;
