-- The time zone sessions of this database start with.
SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'TimeZone'
