-- Other databases of the same server: that they are there.
SELECT (1262::bigint << 32) + d.oid::bigint, 0, (1262::bigint << 32) + d.oid::bigint, d.datname, NULL, 'database', '',
       NULL::bigint
  FROM pg_catalog.pg_database d
 WHERE d.datname <> pg_catalog.current_database() AND d.datname !~ '^stagecopy[.]' AND NOT d.datistemplate
