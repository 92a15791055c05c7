ALTER TABLE b57_rollback_fails.users DROP COLUMN seen;
DROP TABLE b57_rollback_fails.visits;
