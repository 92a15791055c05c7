ALTER TABLE comments ALTER COLUMN id TYPE bigint;
