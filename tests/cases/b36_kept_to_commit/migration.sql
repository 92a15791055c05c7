BEGIN;
ALTER TABLE b36_kept_to_commit.accounts ADD note text;
UPDATE b36_kept_to_commit.plans SET price = price + 1;
SELECT pg_sleep(1.2);
COMMIT;
