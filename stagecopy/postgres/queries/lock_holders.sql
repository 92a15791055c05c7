-- Who holds a lock on one of these tables that keeps a reader out; the one who has held it longest.
SELECT pg_catalog.format('%%s.%%s', n.nspname, c.relname), a.pid, a.usename, a.application_name, l.mode
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
  JOIN pg_catalog.pg_class c ON c.oid = l.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND l.relation = ANY (%(oids)s)
   AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
 ORDER BY a.xact_start
 LIMIT 1
