ALTER TABLE b55_watcher_disabled.users DISABLE TRIGGER noted;
ALTER TABLE b55_watcher_disabled.users REPLICA IDENTITY NOTHING;
