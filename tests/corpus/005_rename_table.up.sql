ALTER TABLE settings RENAME TO app_settings;
