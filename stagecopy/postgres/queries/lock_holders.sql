-- Who keeps readers out of a table, matview or sequence of this database; the one who has done so longest.
SELECT pg_catalog.concat(n.nspname, '.', c.relname), a.pid, a.usename, a.application_name, l.mode
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
  JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'm', 'S')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE l.granted AND l.mode = 'AccessExclusiveLock'
   AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
   AND n.nspname NOT LIKE 'pg\_%'
 ORDER BY a.xact_start
 LIMIT 1
