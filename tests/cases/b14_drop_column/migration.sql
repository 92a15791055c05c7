ALTER TABLE b14_drop_column.users DROP COLUMN phone CASCADE;
