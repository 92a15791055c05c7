DELETE FROM b50_psql_meta.users WHERE id = 60;
