-- Privileges on server parameters; from 15 on.
SELECT (6243::bigint << 32) + p.oid::bigint, 0, NULL::bigint, 'parameter ' || p.parname, NULL, p.paracl::text,
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.grantee, x.grantor, x.privilege_type, x.is_grantable), ','
                    ORDER BY x.grantee, x.grantor, x.privilege_type)
          FROM pg_catalog.aclexplode(p.paracl) x), NULL::bigint
  FROM pg_catalog.pg_parameter_acl p
