-- Whether a session is still ending: its counters are written when it is gone.
SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE pid = %s
