-- Rows that this session's transaction has deleted or updated so far, in what was rolled back to a savepoint as well, by
-- the top of the partition tree. TRUNCATE is not counted.
SELECT n.nspname, r.relname, pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid))::bigint,
       pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_updated(c.oid))::bigint
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_class r ON r.oid = CASE WHEN c.relispartition THEN pg_catalog.pg_partition_root(c.oid) ELSE c.oid END
  JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
 WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
 GROUP BY 1, 2
