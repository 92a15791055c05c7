ALTER TABLE users ADD COLUMN city text;
UPDATE users SET city = a.city FROM addresses a WHERE a.user_id = users.id;
CREATE INDEX users_city_idx ON users (city);
DROP TABLE addresses;
