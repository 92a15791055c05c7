ALTER TABLE b08_table_swap.users RENAME TO users_old;
CREATE TABLE b08_table_swap.users AS SELECT * FROM b08_table_swap.users_old WHERE active;
DROP TABLE b08_table_swap.users_old CASCADE;
