-- Relations that hold rows (r, m) or partitions (p) of every user schema, with the root of the partition tree.
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text,
       CASE WHEN c.relispartition THEN pg_catalog.pg_partition_root(c.oid)::bigint END,
       c.relispopulated,
       CASE WHEN c.relkind = 'p' THEN 0 ELSE coalesce(pg_catalog.pg_table_size(c.oid), 0) END
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
 ORDER BY n.nspname, c.relname
