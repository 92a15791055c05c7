-- New in 16: storage in CREATE TABLE, IS JSON, options of memberships, any_value, new integer literals.
CREATE SCHEMA m16;
CREATE ROLE chief;
GRANT clerk TO chief WITH INHERIT FALSE, SET TRUE, ADMIN TRUE;
CREATE TABLE m16.texts (id int PRIMARY KEY, body text STORAGE EXTERNAL CHECK (body IS JSON OBJECT), flag int DEFAULT 0x1F);
INSERT INTO m16.texts SELECT n, format('{"n": %s, "pad": "%s"}', n, repeat('x', 3000)) FROM generate_series(1, 40) n;
CREATE VIEW m16.one AS SELECT any_value(body) AS body FROM m16.texts;
