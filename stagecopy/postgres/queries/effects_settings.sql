-- What a session begins with, and who says so: default, command line, database, user ...
SELECT s.name, CASE WHEN s.unit IS DISTINCT FROM 'ms' AND s.name <> 'TimeZone' THEN pg_catalog.current_setting(s.name)
                    ELSE pg_catalog.concat(s.reset_val, s.unit) END,
       s.source
  FROM pg_catalog.pg_settings s
 WHERE s.name IN ('TimeZone', 'lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout',
                  'transaction_timeout', 'work_mem', 'shared_buffers', 'effective_cache_size', 'random_page_cost',
                  'max_parallel_workers_per_gather')
