CREATE SCHEMA b34_reference_locks_parent;
CREATE TABLE b34_reference_locks_parent.users (id int PRIMARY KEY);
INSERT INTO b34_reference_locks_parent.users SELECT i FROM generate_series(1, 100) i;
