-- fails
BEGIN;
ALTER TABLE users DROP COLUMN zone;
