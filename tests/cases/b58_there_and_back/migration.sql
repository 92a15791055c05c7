BEGIN;
ALTER TABLE b58_there_and_back.users RENAME COLUMN name TO full_name;
DROP INDEX b58_there_and_back.users_city_idx;
CREATE TABLE b58_there_and_back.cities AS SELECT DISTINCT city FROM b58_there_and_back.users;
INSERT INTO b58_there_and_back.users (full_name) VALUES ('nobody');
COMMIT;
