-- Relations with rows or partitions in the chosen schemas; members of extensions are the extension's own business.
-- %(schemas)s: names, empty = every user schema; %(exclude)s: schema.table names left out.
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text, c.relpersistence::text, r.rolname,
       i.inhparent::bigint,
       c.reltuples::bigint,
       CASE c.relkind WHEN 'r' THEN pg_catalog.pg_table_size(c.oid)
                      WHEN 'm' THEN c.relpages * pg_catalog.current_setting('block_size')::bigint ELSE 0 END,
       pg_catalog.obj_description(c.oid, 'pg_class'),
       ARRAY(SELECT a.attname FROM pg_catalog.pg_partitioned_table p
               JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = ANY (p.partattrs)
              WHERE p.partrelid = c.oid ORDER BY a.attnum)::text[],
       EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = c.oid AND 0 = ANY (p.partattrs))
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
  LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
 WHERE c.relkind IN ('r', 'p', 'm', 'f')
   AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   AND n.nspname !~ '^pg_(toast|temp_)'
   AND (pg_catalog.cardinality(%(schemas)s::text[]) = 0 OR n.nspname = ANY (%(schemas)s::text[]))
   AND NOT (n.nspname || '.' || c.relname) = ANY (%(exclude)s::text[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY n.nspname, c.relname
