ALTER TABLE app_settings ALTER COLUMN value TYPE varchar(5) USING left(value, 5);
