CREATE SCHEMA b31_add_column;
CREATE TABLE b31_add_column.calm (id int PRIMARY KEY, email text);
INSERT INTO b31_add_column.calm SELECT i, 'u' || i || '.corp.test' FROM generate_series(1, 500) i;
CREATE TABLE b31_add_column.users (id int PRIMARY KEY, email text);
INSERT INTO b31_add_column.users SELECT i, 'u' || i FROM generate_series(1, 500) i;
