CREATE SCHEMA b22_triggers;
CREATE TABLE b22_triggers.users (id int PRIMARY KEY, email text NOT NULL, updated_at timestamptz NOT NULL DEFAULT '2020-01-01');
CREATE TABLE b22_triggers.audit (user_id int, happened timestamptz);
INSERT INTO b22_triggers.users SELECT i, 'user' || i FROM generate_series(1, 200) i;
CREATE FUNCTION b22_triggers.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at := now(); RETURN NEW; END';
CREATE FUNCTION b22_triggers.log() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO b22_triggers.audit VALUES (NEW.id, now()); RETURN NULL; END';
CREATE TRIGGER tu BEFORE UPDATE ON b22_triggers.users FOR EACH ROW EXECUTE FUNCTION b22_triggers.stamp();
CREATE TRIGGER tl AFTER UPDATE ON b22_triggers.users FOR EACH ROW EXECUTE FUNCTION b22_triggers.log();
