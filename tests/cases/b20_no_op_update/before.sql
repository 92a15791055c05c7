CREATE SCHEMA b20_no_op_update;
CREATE TABLE b20_no_op_update.accounts (id int PRIMARY KEY, plan text NOT NULL);
INSERT INTO b20_no_op_update.accounts SELECT i, 'pro' FROM generate_series(1, 1000) i;
CREATE TABLE b20_no_op_update.notes (id int PRIMARY KEY, body text NOT NULL);
INSERT INTO b20_no_op_update.notes SELECT i, 'note ' || i FROM generate_series(1, 1000) i;
