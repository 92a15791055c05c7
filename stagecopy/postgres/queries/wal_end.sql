-- What is on disk of the log, in which file, and how much of it there is since {start}.
SELECT e.lsn::text, pg_catalog.pg_walfile_name(e.lsn), (e.lsn - {start}::pg_catalog.pg_lsn)::bigint
  FROM (SELECT pg_catalog.pg_current_wal_flush_lsn()) e(lsn)
