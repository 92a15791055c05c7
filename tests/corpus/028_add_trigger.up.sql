CREATE FUNCTION log_org() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES (NEW.name); RETURN NULL; END $$;
CREATE TRIGGER orgs_log AFTER UPDATE ON orgs FOR EACH ROW EXECUTE FUNCTION log_org();
UPDATE orgs SET name = name || ' Ltd' WHERE id <= 3;
