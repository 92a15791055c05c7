CREATE SCHEMA b05_matched_twice;
CREATE TABLE b05_matched_twice.prices (id int PRIMARY KEY, amount int NOT NULL);
CREATE TABLE b05_matched_twice.offers (id int PRIMARY KEY, price_id int NOT NULL, amount int NOT NULL);
INSERT INTO b05_matched_twice.prices SELECT i, 1 FROM generate_series(1, 100) i;
INSERT INTO b05_matched_twice.offers SELECT i, 1 + i % 20, 1000 + i FROM generate_series(1, 30) i;
