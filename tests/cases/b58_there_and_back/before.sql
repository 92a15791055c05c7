CREATE SCHEMA b58_there_and_back;
CREATE TABLE b58_there_and_back.users (id serial PRIMARY KEY, name text NOT NULL, city text);
CREATE INDEX users_city_idx ON b58_there_and_back.users (city);
INSERT INTO b58_there_and_back.users (name, city) SELECT 'name ' || i, 'city ' || i % 7 FROM generate_series(1, 200) i;
