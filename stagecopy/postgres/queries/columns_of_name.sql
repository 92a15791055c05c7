-- Columns of the tables of a name, in one schema or in any.
SELECT n.nspname, c.relname, a.attname
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p', 'm') AND c.relname = %(name)s AND n.nspname !~ '^pg_'
   AND n.nspname = coalesce(%(schema)s::text, n.nspname)
