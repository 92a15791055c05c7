CREATE SCHEMA soleur_duplicate_installations;
SET search_path = soleur_duplicate_installations;
CREATE TABLE users (id int PRIMARY KEY, github_installation_id bigint);
INSERT INTO users SELECT i, CASE WHEN i <= 40 THEN 100 + i / 2 END FROM generate_series(1, 100) i;
