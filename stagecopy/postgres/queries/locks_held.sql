-- Locks on relations of one database that others hold right now, but for those that any reader takes; beside each how
-- many locks its transaction holds, of whatever kind.
SELECT l.virtualtransaction, l.relation::bigint, l.mode, l.locks
  FROM (SELECT virtualtransaction, relation, mode, locktype, granted, database,
               pg_catalog.count(*) OVER (PARTITION BY virtualtransaction)::int AS locks
          FROM pg_catalog.pg_locks
         WHERE pid <> ALL (%(besides)s)) l
 WHERE l.locktype = 'relation' AND l.granted AND l.relation >= 16384 AND l.mode <> 'AccessShareLock'
   AND l.database = %(database)s::oid
