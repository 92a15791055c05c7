-- Sessions that wait for a lock held by a session named %(name)s. pg_blocking_pids is asked for waiters only: it
-- stops the lock manager for a moment. waitstart exists from 14 on.
WITH ours AS (
    SELECT coalesce(pg_catalog.array_agg(pid), '{}') AS pids FROM pg_catalog.pg_stat_activity
     WHERE application_name = %(name)s AND pid <> pg_catalog.pg_backend_pid()
)
SELECT w.pid, w.mode, c.relname, a.usename, a.application_name,
       extract(epoch FROM pg_catalog.clock_timestamp() - (pg_catalog.to_jsonb(w) ->> 'waitstart')::timestamptz)::float8
  FROM ours, pg_catalog.pg_locks w
  JOIN pg_catalog.pg_stat_activity a ON a.pid = w.pid
  LEFT JOIN pg_catalog.pg_class c ON c.oid = w.relation
 WHERE NOT w.granted AND NOT w.pid = ANY (ours.pids) AND pg_catalog.pg_blocking_pids(w.pid) && ours.pids
 ORDER BY 6 DESC NULLS LAST
