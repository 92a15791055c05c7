CREATE SCHEMA syntax_error;
CREATE TABLE syntax_error.notes (id int PRIMARY KEY, body text NOT NULL);
INSERT INTO syntax_error.notes SELECT i, 'note ' || i FROM generate_series(1, 1000) i;
