BEGIN;
UPDATE b48_fails_at_commit.seats SET place = place + 1 WHERE id < 30;
DELETE FROM b48_fails_at_commit.seats WHERE id = 1;

COMMIT;
DELETE FROM b48_fails_at_commit.seats;
