CREATE SCHEMA type_change;
CREATE TABLE type_change.payments (id int PRIMARY KEY, amount numeric(10, 2) NOT NULL);
INSERT INTO type_change.payments SELECT i, i / 100.0 FROM generate_series(1, 1000) i;
