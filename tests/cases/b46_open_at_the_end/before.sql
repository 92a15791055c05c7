CREATE SCHEMA b46_open_at_the_end;
CREATE TABLE b46_open_at_the_end.plans (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO b46_open_at_the_end.plans SELECT i, 'plan ' || i FROM generate_series(1, 40) i;
