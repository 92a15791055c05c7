ALTER TABLE app_settings RENAME TO settings;
