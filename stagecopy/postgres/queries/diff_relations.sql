-- Relations that hold rows (r, m) or partitions (p) of every user schema, and large objects (their pages; that they are
-- there, their owners and grants); with the root of the partition tree and the pages it had when last analysed (pg_table_size would wait for locks).
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text,
       CASE WHEN c.relispartition THEN pg_catalog.pg_partition_root(c.oid)::bigint END,
       c.relispopulated,
       greatest(c.relpages, 0) + coalesce((SELECT greatest(t.relpages, 0) FROM pg_catalog.pg_class t
                                            WHERE t.oid = c.reltoastrelid), 0)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
   AND (n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
        OR c.oid IN ('pg_catalog.pg_largeobject'::pg_catalog.regclass,
                     'pg_catalog.pg_largeobject_metadata'::pg_catalog.regclass)
           AND pg_catalog.has_table_privilege(c.oid, 'SELECT'))
 ORDER BY n.nspname, c.relname
