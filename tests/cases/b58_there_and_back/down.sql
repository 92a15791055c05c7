BEGIN;
DELETE FROM b58_there_and_back.users WHERE full_name = 'nobody';
ALTER TABLE b58_there_and_back.users RENAME COLUMN full_name TO name;
CREATE INDEX users_city_idx ON b58_there_and_back.users (city);
DROP TABLE b58_there_and_back.cities;
COMMIT;
