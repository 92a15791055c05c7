-- Labels of enums: a renamed label keeps its OID.
SELECT e.oid::bigint, 0, NULL::bigint, n.nspname || '.' || t.typname, e.enumlabel, e.enumlabel, '', NULL::bigint
  FROM pg_catalog.pg_enum e
  JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
