-- Privileges on relations, where they are not the default.
SELECT c.oid::bigint, 0, c.oid::bigint, n.nspname || '.' || c.relname, NULL,
       c.relacl::text, c.relacl::text, NULL::bigint
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relacl IS NOT NULL AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
