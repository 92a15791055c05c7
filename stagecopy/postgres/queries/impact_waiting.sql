-- Which of these sessions wait for a lock, and whether all who are in their way wait for one themselves.
SELECT w.pid,
       NOT EXISTS (
           SELECT FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS b (pid)
            WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_locks q WHERE q.pid = b.pid AND NOT q.granted))
  FROM pg_catalog.pg_locks w
 WHERE NOT w.granted AND w.pid = ANY (%(processes)s)
