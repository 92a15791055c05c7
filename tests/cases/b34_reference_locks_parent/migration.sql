BEGIN;
CREATE TABLE b34_reference_locks_parent.child (id int PRIMARY KEY, user_id int REFERENCES b34_reference_locks_parent.users);
CREATE INDEX ON b34_reference_locks_parent.child (user_id);
COMMIT;
