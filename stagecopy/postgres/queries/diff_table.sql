-- Tables, plain, partitioned or partitions.
SELECT c.oid::bigint, 0, c.oid::bigint, n.nspname || '.' || c.relname, NULL,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged ' ELSE '' END
       || CASE c.relkind WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table' ELSE 'table' END
       || coalesce(' BY ' || pg_catalog.pg_get_partkeydef(c.oid), '')
       || coalesce(' OF ' || (SELECT pg_catalog.string_agg(i.inhparent::pg_catalog.regclass::text, ', ' ORDER BY i.inhseqno)
                                FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid), '')
       || coalesce(' ' || pg_catalog.pg_get_expr(c.relpartbound, c.oid), '')
       || CASE WHEN c.relrowsecurity THEN ' ROW LEVEL SECURITY' ELSE '' END,
       pg_catalog.concat_ws('|', c.relpersistence, c.relkind, c.relrowsecurity, c.relpartbound::text,
           (SELECT pg_catalog.string_agg(i.inhparent::text, ',' ORDER BY i.inhseqno)
              FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)),
       NULL::bigint
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
