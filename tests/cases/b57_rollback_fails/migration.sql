ALTER TABLE b57_rollback_fails.users ADD COLUMN seen int NOT NULL DEFAULT 0;
