CREATE TABLE addresses (user_id int PRIMARY KEY REFERENCES users, city text);
INSERT INTO addresses SELECT id, city FROM users;
ALTER TABLE users DROP COLUMN city;
