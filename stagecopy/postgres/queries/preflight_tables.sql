-- Tables that pg_dump would lock and this role may not read, whole. With %(members)s also those of extensions, which
-- pg_dump locks too; of these it reads only what the extension calls its configuration.
SELECT n.nspname, c.relname, m.extname,
       pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usage,
       pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable,
       c.relrowsecurity AND (m.extname IS NULL OR c.oid = ANY (m.extconfig))
         AND (c.relforcerowsecurity OR NOT pg_catalog.pg_has_role(c.relowner, 'USAGE'))
         AND NOT (SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user) AS filtered,
       c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery() AS lost
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN LATERAL (SELECT e.extname, e.extconfig FROM pg_catalog.pg_depend d
                       JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
                      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                        AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e') m ON true
 WHERE c.oid = ANY (%(tables)s::oid[])
    OR (%(members)s AND m.extname IS NOT NULL AND c.relkind IN ('r', 'p'))
 ORDER BY 1, 2
