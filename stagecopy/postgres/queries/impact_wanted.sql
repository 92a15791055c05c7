-- What the sessions that wait for %(process)s want first, then what they have: relations, and in which mode.
SELECT n.nspname || '.' || c.relname, l.mode
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE l.locktype = 'relation' AND l.relation >= 16384 AND l.mode <> 'AccessShareLock'
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
   AND l.pid IN (SELECT w.pid FROM pg_catalog.pg_locks w
                  WHERE NOT w.granted AND %(process)s = ANY (pg_catalog.pg_blocking_pids(w.pid)))
 ORDER BY l.granted
