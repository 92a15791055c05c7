CREATE SCHEMA b19_swapped_columns;
CREATE TABLE b19_swapped_columns.users (id int PRIMARY KEY, email text NOT NULL, name text NOT NULL, age int);
INSERT INTO b19_swapped_columns.users SELECT i, 'user' || i || '@corp.test', 'Name ' || i, i FROM generate_series(1, 300) i;
