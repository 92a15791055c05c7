CREATE SCHEMA b41_batches_in_one_transaction;
CREATE TABLE b41_batches_in_one_transaction.users (id int PRIMARY KEY, plan text);
INSERT INTO b41_batches_in_one_transaction.users SELECT i, 'free' FROM generate_series(1, 500) i;
