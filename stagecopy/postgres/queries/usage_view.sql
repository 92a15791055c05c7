-- Where pg_stat_statements is, its version, and the columns that it has there: they changed their names in 1.8.
SELECT n.nspname, e.extversion, pg_catalog.array_agg(a.attname::text)
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements' AND c.relkind = 'v'
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE e.extname = 'pg_stat_statements'
 GROUP BY n.nspname, e.extversion
