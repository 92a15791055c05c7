-- How far the log has come (written here, or replayed on a standby), and how many large objects there are.
SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
            ELSE pg_catalog.pg_current_wal_lsn() END::text,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata)
