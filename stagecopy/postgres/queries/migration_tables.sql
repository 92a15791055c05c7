-- Tables in which migration tools keep what they ran, with their columns, and whether we may read them.
SELECT n.nspname::text, c.relname::text,
       pg_catalog.array_agg(a.attname::text ORDER BY a.attnum),
       pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND c.relname = ANY (%s)
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
 GROUP BY n.oid, n.nspname, c.oid, c.relname
 ORDER BY n.nspname <> 'public', n.nspname, c.relname
