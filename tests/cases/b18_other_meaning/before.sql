CREATE SCHEMA b18_other_meaning;
CREATE TABLE b18_other_meaning.docs (id int PRIMARY KEY, doc json NOT NULL, seen timestamp NOT NULL, email text NOT NULL);
INSERT INTO b18_other_meaning.docs SELECT i, (CASE WHEN i <= 7 THEN '{"a": 1, "a": 2}' ELSE '{"b": 1,  "a": 2}' END)::json,
  timestamp '2024-03-01' + i * interval '1 hour', CASE WHEN i <= 8 THEN 'User' || i || '@corp.test' ELSE 'user' || i - 8 || '@corp.test' END
  FROM generate_series(1, 100) i;
CREATE EXTENSION citext SCHEMA b18_other_meaning;
CREATE TABLE b18_other_meaning.logins (id int PRIMARY KEY, login text NOT NULL);
INSERT INTO b18_other_meaning.logins SELECT i, (CASE WHEN i <= 3 THEN 'User' ELSE 'user' END) || i % 37 FROM generate_series(1, 40) i;
