DROP TRIGGER IF EXISTS aggregate ON morpheus_triggers_at_every_boot.messages;
CREATE TRIGGER aggregate BEFORE INSERT ON morpheus_triggers_at_every_boot.messages FOR EACH ROW EXECUTE FUNCTION morpheus_triggers_at_every_boot.touch();
