-- fails
ALTER TABEL users DROP COLUMN locale;
