CREATE SCHEMA b18_other_meaning;
CREATE TABLE b18_other_meaning.docs (id int PRIMARY KEY, doc json NOT NULL, seen timestamp NOT NULL, email text NOT NULL);
INSERT INTO b18_other_meaning.docs SELECT i, (CASE WHEN i <= 7 THEN '{"a": 1, "a": 2}' ELSE '{"b": 1,  "a": 2}' END)::json,
  timestamp '2024-03-01' + i * interval '1 hour', CASE WHEN i <= 8 THEN 'User' || i || '@corp.test' ELSE 'user' || i - 8 || '@corp.test' END
  FROM generate_series(1, 100) i;
