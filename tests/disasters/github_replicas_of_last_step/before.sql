CREATE SCHEMA github_replicas_of_last_step;
SET search_path = github_replicas_of_last_step;
CREATE TABLE commits_new (id int PRIMARY KEY, sha text);
INSERT INTO commits_new SELECT i, 'abc' FROM generate_series(1, 10) i;
