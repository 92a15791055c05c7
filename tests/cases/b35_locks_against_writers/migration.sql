BEGIN;
ALTER TABLE b35_locks_against_writers.posts ADD FOREIGN KEY (user_id) REFERENCES b35_locks_against_writers.users;
CREATE TRIGGER quiet BEFORE INSERT ON b35_locks_against_writers.events FOR EACH ROW EXECUTE FUNCTION b35_locks_against_writers.quiet();
CREATE INDEX logs_line ON b35_locks_against_writers.logs (line);
COMMIT;
