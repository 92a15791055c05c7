CREATE SCHEMA b15_rename_by_add_and_drop;
CREATE TABLE b15_rename_by_add_and_drop.users (id int PRIMARY KEY, mobile text);
INSERT INTO b15_rename_by_add_and_drop.users SELECT i, '+49 30 ' || i FROM generate_series(1, 300) i;
