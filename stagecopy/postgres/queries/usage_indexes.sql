-- Scans of the indexes that were used, and since when they are counted.
SELECT i.schemaname || '.' || i.indexrelname, i.idx_scan, d.stats_reset::text
  FROM pg_catalog.pg_stat_user_indexes i
 CROSS JOIN pg_catalog.pg_stat_database d
 WHERE i.idx_scan > 0 AND d.datname = pg_catalog.current_database()
