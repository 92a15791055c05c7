-- Settings of the whole server that decide about results, waiting, plans and room; those that the database or this
-- session's role sets otherwise cannot be seen, and are left out. What a session has SET does not show.
SELECT s.name, CASE WHEN s.unit IS DISTINCT FROM 'ms' AND s.name <> 'TimeZone' THEN pg_catalog.current_setting(s.name)
                    ELSE pg_catalog.concat(s.reset_val, s.unit) END
  FROM pg_catalog.pg_settings s
 WHERE s.name IN ('TimeZone', 'lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout',
                  'transaction_timeout', 'work_mem', 'shared_buffers', 'effective_cache_size', 'random_page_cost',
                  'max_parallel_workers_per_gather')
   AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_db_role_setting d, pg_catalog.unnest(d.setconfig) one
        WHERE d.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
          AND d.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user))
          AND pg_catalog.lower(pg_catalog.split_part(one, '=', 1)) = pg_catalog.lower(s.name))
