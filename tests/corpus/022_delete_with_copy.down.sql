INSERT INTO app_settings SELECT * FROM app_settings_old ON CONFLICT (key) DO NOTHING;
DROP TABLE app_settings_old;
