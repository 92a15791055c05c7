-- left: 9 of 10 rows of public.app_settings lost
-- up again: differs
DELETE FROM app_settings WHERE value = 'value';
