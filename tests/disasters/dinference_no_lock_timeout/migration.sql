ALTER TABLE dinference_no_lock_timeout.jobs ALTER COLUMN state SET DEFAULT 'new', ADD COLUMN tries int;
