-- Locks on relations of one database that others hold right now, but for those that any reader takes.
SELECT l.virtualtransaction, l.relation::bigint, l.mode
  FROM pg_catalog.pg_locks l
 WHERE l.locktype = 'relation' AND l.granted AND l.relation >= 16384 AND l.mode <> 'AccessShareLock'
   AND l.database = %(database)s::oid AND l.pid <> ALL (%(besides)s)
