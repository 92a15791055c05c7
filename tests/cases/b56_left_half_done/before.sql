CREATE SCHEMA b56_left_half_done;
CREATE TABLE b56_left_half_done.users (id int PRIMARY KEY, email text, plan text);
INSERT INTO b56_left_half_done.users SELECT i, 'u' || i || '@corp.test', 'free' FROM generate_series(1, 20) i;
CREATE TABLE b56_left_half_done.notes (id int PRIMARY KEY, body text);
INSERT INTO b56_left_half_done.notes SELECT i, 'note' FROM generate_series(1, 20) i;
CREATE VIEW b56_left_half_done.mails AS SELECT email FROM b56_left_half_done.users;
GRANT SELECT ON b56_left_half_done.mails TO PUBLIC;
