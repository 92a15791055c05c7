-- Where the rows of every relation in diff_relations lie: its own file and that of its TOAST table, and in what kind
-- of storage. A file of 0 is one the server finds by a map of its own.
SELECT c.oid::bigint, c.relfilenode::bigint, c.relpersistence::text, c.relam::bigint,
       coalesce(t.oid, 0)::bigint, coalesce(t.relfilenode, 0)::bigint
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
 WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
   AND (n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
        OR c.oid IN ('pg_catalog.pg_largeobject'::pg_catalog.regclass,
                     'pg_catalog.pg_largeobject_metadata'::pg_catalog.regclass))
