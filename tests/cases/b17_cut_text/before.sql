CREATE SCHEMA b17_cut_text;
CREATE TABLE b17_cut_text.people (id int PRIMARY KEY, name text NOT NULL, code text NOT NULL);
INSERT INTO b17_cut_text.people SELECT i, 'name' || i, 'c' || i FROM generate_series(1, 300) i;
