CREATE SCHEMA b55_watcher_disabled;
CREATE TABLE b55_watcher_disabled.users (id int PRIMARY KEY, email text);
INSERT INTO b55_watcher_disabled.users SELECT i, 'u' || i || '@corp.test' FROM generate_series(1, 20) i;
CREATE FUNCTION b55_watcher_disabled.noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER noted AFTER DELETE ON b55_watcher_disabled.users
    FOR EACH ROW EXECUTE FUNCTION b55_watcher_disabled.noted();
