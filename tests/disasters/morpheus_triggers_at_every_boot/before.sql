CREATE SCHEMA morpheus_triggers_at_every_boot;
SET search_path = morpheus_triggers_at_every_boot;
CREATE TABLE messages (id int PRIMARY KEY, body text);
INSERT INTO messages SELECT i, 'm' FROM generate_series(1, 100) i;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER aggregate BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION touch();
