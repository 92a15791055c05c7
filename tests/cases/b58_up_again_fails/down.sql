ALTER TABLE b58_up_again_fails.jobs DROP COLUMN state;
