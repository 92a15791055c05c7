INSERT INTO app_settings VALUES ('theme', 'dark'), ('beta', 'value');
