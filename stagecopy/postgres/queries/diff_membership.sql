-- Which role is a member of which; set_option and inherit_option came with 16, with one row for each who granted it.
SELECT (1261::bigint << 32) + g.oid::bigint, r.oid::bigint, (1260::bigint << 32) + r.oid::bigint, r.rolname, NULL,
       'MEMBER OF ' || g.rolname || CASE WHEN pg_catalog.bool_or(m.admin_option) THEN ' WITH ADMIN OPTION' ELSE '' END
       || CASE WHEN pg_catalog.bool_or(m.inherits::boolean) THEN '' ELSE ' WITH INHERIT FALSE' END
       || CASE WHEN pg_catalog.bool_or(m.sets::boolean) THEN '' ELSE ' WITH SET FALSE' END,
       pg_catalog.concat_ws('|', pg_catalog.bool_or(m.admin_option), pg_catalog.bool_or(m.inherits::boolean),
           pg_catalog.bool_or(m.sets::boolean)), NULL::bigint
  FROM (VALUES ('true', 'true')) older(inherit_option, set_option)
 CROSS JOIN LATERAL (SELECT roleid, member, admin_option, inherit_option::text AS inherits, set_option::text AS sets
                       FROM pg_catalog.pg_auth_members) m
  JOIN pg_catalog.pg_roles r ON r.oid = m.member
  JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
 WHERE r.rolname !~ '^(pg_|stagecopy)' AND g.rolname !~ '^stagecopy'
 GROUP BY g.oid, g.rolname, r.oid, r.rolname
