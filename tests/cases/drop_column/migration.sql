ALTER TABLE drop_column.users DROP COLUMN phone CASCADE;
