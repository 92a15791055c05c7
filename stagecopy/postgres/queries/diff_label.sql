-- Labels of enums: a renamed label keeps its OID.
SELECT e.oid::bigint, 0, (1247::bigint << 32) + t.oid::bigint, n.nspname || '.' || t.typname, e.enumlabel, e.enumlabel,
       '', NULL::bigint
  FROM pg_catalog.pg_enum e
  JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = t.oid AND d.deptype = 'e')
