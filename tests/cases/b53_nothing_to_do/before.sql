CREATE SCHEMA b53_nothing_to_do;
CREATE TABLE b53_nothing_to_do.users (id int PRIMARY KEY);
INSERT INTO b53_nothing_to_do.users SELECT i FROM generate_series(1, 20) i;
