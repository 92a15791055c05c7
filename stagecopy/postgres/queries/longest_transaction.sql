-- Seconds since the oldest transaction here began that is not of a session named %(name)s. Null where others' are not to
-- be seen, and on a standby, which knows nothing of those that lock. What they run is not asked.
SELECT CASE WHEN pg_catalog.pg_is_in_recovery() OR NOT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') THEN NULL
            ELSE coalesce(pg_catalog.max(extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)), 0)::float8
       END
  FROM pg_catalog.pg_stat_activity a
 WHERE a.datname = pg_catalog.current_database() AND a.backend_type = 'client backend'
   AND a.pid <> pg_catalog.pg_backend_pid() AND a.application_name <> %(name)s
