INSERT INTO app_settings VALUES ('gamma', 'value');
