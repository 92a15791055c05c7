-- What ALTER SYSTEM has set: for superusers. Values may hold passwords, so those of connections are not shown.
SELECT pg_catalog.hashtextextended(f.name, 2), 0, NULL::bigint, 'system', f.name,
       CASE WHEN f.name ~ '(conninfo|passphrase|command)' THEN 'set' ELSE f.setting END, f.setting, NULL::bigint
  FROM pg_catalog.pg_file_settings f
 WHERE f.sourcefile LIKE '%postgresql.auto.conf'
