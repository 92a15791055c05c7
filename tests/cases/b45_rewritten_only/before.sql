CREATE SCHEMA b45_rewritten_only;
CREATE TABLE b45_rewritten_only.users (id int PRIMARY KEY, email text NOT NULL);
INSERT INTO b45_rewritten_only.users SELECT i, 'user' || i FROM generate_series(1, 500) i;
CREATE TABLE b45_rewritten_only.posts (id int PRIMARY KEY, title text);
INSERT INTO b45_rewritten_only.posts SELECT i, 'post ' || i FROM generate_series(1, 500) i;
