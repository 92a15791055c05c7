BEGIN;
ALTER TABLE b43_many_locks.events ADD note text;
ALTER TABLE b43_many_locks.events ALTER kind SET NOT NULL;
COMMIT;
