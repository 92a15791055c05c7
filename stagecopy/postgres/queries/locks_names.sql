-- Relations that programs may wait for: all but sequences, composite types and what belongs to TOAST.
SELECT c.oid::bigint, n.nspname || '.' || c.relname, c.relkind IN ('i', 'I')
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'v', 'f', 'i', 'I') AND n.nspname !~ '^pg_(toast|temp_)'
