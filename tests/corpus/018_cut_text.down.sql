-- left: 10 values of public.app_settings.value are other values
ALTER TABLE app_settings ALTER COLUMN value TYPE text;
