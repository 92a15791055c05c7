-- How many large objects this role may not read, and the first of them. pg_read_all_data does not cover them.
SELECT pg_catalog.count(*), pg_catalog.min(l.oid::bigint)
  FROM pg_catalog.pg_largeobject_metadata l
 WHERE NOT pg_catalog.pg_has_role(l.lomowner, 'USAGE')
   AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(l.lomacl) a
                    WHERE a.privilege_type = 'SELECT'
                      AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))
   AND NOT pg_catalog.current_setting('lo_compat_privileges')::boolean
