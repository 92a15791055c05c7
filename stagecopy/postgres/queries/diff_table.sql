-- Tables, plain, partitioned, partitions or foreign, and how they are kept. The last
-- column is the parent, to which changes of inherited columns belong.
SELECT c.oid::bigint, 0, c.oid::bigint, n.nspname || '.' || c.relname, NULL,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged ' ELSE '' END
       || CASE c.relkind WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table' ELSE 'table' END
       || coalesce(' BY ' || pg_catalog.pg_get_partkeydef(c.oid), '')
       || coalesce(' OF ' || (SELECT pg_catalog.string_agg(i.inhparent::pg_catalog.regclass::text, ', ' ORDER BY i.inhseqno)
                                FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid), '')
       || coalesce(' ' || pg_catalog.pg_get_expr(c.relpartbound, c.oid), '')
       || coalesce(' SERVER ' || s.srvname || coalesce(' OPTIONS ' || f.ftoptions::text, ''), '')
       || CASE WHEN m.amname <> 'heap' THEN ' USING ' || m.amname ELSE '' END
       || coalesce(' WITH ' || c.reloptions::text, '')
       || coalesce(' TABLESPACE ' || e.spcname, '')
       || CASE c.relreplident WHEN 'f' THEN ' REPLICA IDENTITY FULL' WHEN 'n' THEN ' REPLICA IDENTITY NOTHING' ELSE '' END
       || CASE WHEN c.relrowsecurity THEN ' ROW LEVEL SECURITY' ELSE '' END
       || CASE WHEN c.relforcerowsecurity THEN ' FORCE ROW LEVEL SECURITY' ELSE '' END,
       pg_catalog.concat_ws('|', c.relpersistence, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
           c.relpartbound::text, c.relam, c.reltablespace, c.reloptions::text, c.relreplident, f.ftserver,
           f.ftoptions::text,
           (SELECT pg_catalog.string_agg(i.inhparent::text, ',' ORDER BY i.inhseqno)
              FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)),
       (SELECT i.inhparent::bigint FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid AND i.inhseqno = 1)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
  LEFT JOIN pg_catalog.pg_tablespace e ON e.oid = c.reltablespace
  LEFT JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
  LEFT JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
 WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
