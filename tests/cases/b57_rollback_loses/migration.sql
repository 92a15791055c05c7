ALTER TABLE b57_rollback_loses.users DROP COLUMN phone;
