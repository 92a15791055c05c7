-- Schemas themselves.
SELECT (2615::bigint << 32) + n.oid::bigint, 0, (2615::bigint << 32) + n.oid::bigint, n.nspname, NULL, 'schema', '',
       NULL::bigint
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND n.nspname !~ '^pg_' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid = n.oid AND d.deptype = 'e')
