DELETE FROM app_settings WHERE key IN ('theme', 'beta');
