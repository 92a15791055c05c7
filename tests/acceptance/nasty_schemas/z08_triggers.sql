-- Everything that fires on its own; loaded last, because the event triggers would fire on the rest.
CREATE SCHEMA a08;
SET search_path = a08;
CREATE TABLE fired (what text);
CREATE TABLE t (id int PRIMARY KEY, v text, n int DEFAULT 0);
INSERT INTO t SELECT i, 'x', 0 FROM generate_series(1, 10) i;
CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.n := 99;
    INSERT INTO a08.fired VALUES ('row');
    RETURN NEW;
END $$;
CREATE TRIGGER always BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION bump();
ALTER TABLE t ENABLE ALWAYS TRIGGER always;
CREATE TRIGGER truncated AFTER TRUNCATE ON t EXECUTE FUNCTION bump();
CREATE TRIGGER off AFTER DELETE ON t EXECUTE FUNCTION bump();
ALTER TABLE t DISABLE TRIGGER off;
CREATE TABLE no_inserts (a int);
INSERT INTO no_inserts VALUES (1);
CREATE RULE nothing AS ON INSERT TO no_inserts DO INSTEAD NOTHING;
CREATE TABLE redirected (a int);
INSERT INTO redirected VALUES (1), (2);
CREATE RULE redirect AS ON INSERT TO redirected DO INSTEAD INSERT INTO a08.fired VALUES ('rule');
CREATE FUNCTION on_event() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO a08.fired VALUES (tg_tag);
END $$;
CREATE EVENT TRIGGER on_end ON ddl_command_end EXECUTE FUNCTION on_event();
CREATE EVENT TRIGGER on_drop ON sql_drop EXECUTE FUNCTION on_event();
COMMENT ON EVENT TRIGGER on_end IS 'watches';
DELETE FROM fired;
