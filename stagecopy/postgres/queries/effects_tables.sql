-- Every table: where its rows lie, whose partition it is, how many were read in order, and the row versions
-- counted so far.
SELECT c.oid::bigint, n.nspname || '.' || c.relname, coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::bigint,
       (SELECT pn.nspname || '.' || p.relname
          FROM pg_catalog.pg_inherits i
          JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
          JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
         WHERE i.inhrelid = c.oid AND c.relispartition),
       (SELECT pn.nspname || '.' || p.relname
          FROM pg_catalog.pg_class p
          JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
         WHERE c.relispartition AND p.oid = pg_catalog.pg_partition_root(c.oid)),
       pg_catalog.pg_stat_get_tuples_returned(c.oid), c.relkind = 'm',
       pg_catalog.pg_stat_get_tuples_inserted(c.oid), pg_catalog.pg_stat_get_tuples_updated(c.oid),
       pg_catalog.pg_stat_get_tuples_deleted(c.oid)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
