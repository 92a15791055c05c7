CREATE SCHEMA table_swap;
CREATE TABLE table_swap.users (id int PRIMARY KEY, email text NOT NULL UNIQUE, active boolean);
CREATE TABLE table_swap.orders (id int PRIMARY KEY, user_id int NOT NULL REFERENCES table_swap.users);
GRANT SELECT ON table_swap.users TO PUBLIC;
INSERT INTO table_swap.users SELECT i, 'user' || i || '@corp.test', i % 2 = 0 FROM generate_series(1, 1000) i;
INSERT INTO table_swap.orders SELECT i, 1 + i % 1000 FROM generate_series(1, 800) i;
