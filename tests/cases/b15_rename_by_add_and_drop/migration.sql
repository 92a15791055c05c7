ALTER TABLE b15_rename_by_add_and_drop.users ADD COLUMN mobile_phone text;
ALTER TABLE b15_rename_by_add_and_drop.users DROP COLUMN mobile;
