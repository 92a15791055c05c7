-- the second statement meets duplicates
UPDATE failing_statement.users SET plan = 'free' WHERE id <= 10;

ALTER TABLE failing_statement.users
    ADD CONSTRAINT users_email_key UNIQUE (email);
DELETE FROM failing_statement.users;
