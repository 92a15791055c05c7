CREATE TABLE app_settings_old AS TABLE app_settings;
DELETE FROM app_settings WHERE key IN ('key1', 'key2');
