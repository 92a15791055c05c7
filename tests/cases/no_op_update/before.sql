CREATE SCHEMA no_op_update;
CREATE TABLE no_op_update.accounts (id int PRIMARY KEY, plan text NOT NULL);
INSERT INTO no_op_update.accounts SELECT i, 'pro' FROM generate_series(1, 1000) i;
