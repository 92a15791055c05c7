ALTER TABLE table_swap.users RENAME TO users_old;
CREATE TABLE table_swap.users AS SELECT * FROM table_swap.users_old WHERE active;
DROP TABLE table_swap.users_old CASCADE;
