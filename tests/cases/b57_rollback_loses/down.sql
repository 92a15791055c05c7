ALTER TABLE b57_rollback_loses.users ADD COLUMN phone text;
