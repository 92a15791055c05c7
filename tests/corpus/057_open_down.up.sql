ALTER TABLE users ADD COLUMN zone text;
