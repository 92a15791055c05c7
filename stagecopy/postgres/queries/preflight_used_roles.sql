-- Roles that own something, are granted something or stand in a policy in this database. The bootstrap superuser
-- is not in pg_shdepend, so what it owns is looked for.
SELECT r.rolname
  FROM pg_catalog.pg_roles r
 WHERE EXISTS (SELECT FROM pg_catalog.pg_shdepend s
                WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND s.refobjid = r.oid
                  AND (s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
                       OR (s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass
                           AND s.objid = (SELECT d.oid FROM pg_catalog.pg_database d
                                           WHERE d.datname = pg_catalog.current_database()))))
    OR (r.oid < 16384 AND (
           EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relowner = r.oid AND c.oid >= 16384)
        OR EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.proowner = r.oid AND p.oid >= 16384)
        OR EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.typowner = r.oid AND t.oid >= 16384)
        OR EXISTS (SELECT FROM pg_catalog.pg_namespace n
                    WHERE n.nspowner = r.oid AND (n.oid >= 16384 OR n.nspname = 'public'))
        OR EXISTS (SELECT FROM pg_catalog.pg_database d
                    WHERE d.datdba = r.oid AND d.datname = pg_catalog.current_database())))
