-- Privileges, where they are not the default: a GRANT that was taken back leaves the default spelled out. The fingerprint knows roles by number, in one order.
SELECT c.oid::bigint, 0, c.oid::bigint, n.nspname || '.' || c.relname, NULL, c.relacl::text,
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.grantee, x.grantor, x.privilege_type, x.is_grantable), ','
                    ORDER BY x.grantee, x.grantor, x.privilege_type)
          FROM pg_catalog.aclexplode(c.relacl) x), NULL::bigint
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (SELECT pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner) AS usual) d
 WHERE c.relacl IS NOT NULL AND NOT (c.relacl @> d.usual AND c.relacl <@ d.usual) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
 UNION ALL
SELECT a.attrelid::bigint, a.attnum, a.attrelid::bigint, n.nspname || '.' || c.relname, a.attname, a.attacl::text,
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.grantee, x.grantor, x.privilege_type, x.is_grantable), ','
                    ORDER BY x.grantee, x.grantor, x.privilege_type)
          FROM pg_catalog.aclexplode(a.attacl) x), NULL
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE a.attacl IS NOT NULL AND a.attnum > 0 AND NOT a.attisdropped AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
 UNION ALL
SELECT (1255::bigint << 32) + p.oid::bigint, 0, (1255::bigint << 32) + p.oid::bigint,
       n.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', NULL,
       p.proacl::text, (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.grantee, x.grantor, x.privilege_type, x.is_grantable), ','
                    ORDER BY x.grantee, x.grantor, x.privilege_type)
          FROM pg_catalog.aclexplode(p.proacl) x), NULL
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 CROSS JOIN LATERAL (SELECT pg_catalog.acldefault('f', p.proowner) AS usual) d
 WHERE p.proacl IS NOT NULL AND NOT (p.proacl @> d.usual AND p.proacl <@ d.usual) AND p.oid >= 16384 AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
 UNION ALL
SELECT (1247::bigint << 32) + t.oid::bigint, 0, (1247::bigint << 32) + t.oid::bigint, n.nspname || '.' || t.typname, NULL,
       t.typacl::text, (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.grantee, x.grantor, x.privilege_type, x.is_grantable), ','
                    ORDER BY x.grantee, x.grantor, x.privilege_type)
          FROM pg_catalog.aclexplode(t.typacl) x), NULL
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 CROSS JOIN LATERAL (SELECT pg_catalog.acldefault('T', t.typowner) AS usual) d
 WHERE t.typacl IS NOT NULL AND NOT (t.typacl @> d.usual AND t.typacl <@ d.usual) AND t.oid >= 16384 AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = t.oid AND d.deptype = 'e')
 UNION ALL
SELECT (2615::bigint << 32) + n.oid::bigint, 0, (2615::bigint << 32) + n.oid::bigint, n.nspname, NULL, n.nspacl::text,
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.grantee, x.grantor, x.privilege_type, x.is_grantable), ','
                    ORDER BY x.grantee, x.grantor, x.privilege_type)
          FROM pg_catalog.aclexplode(n.nspacl) x), NULL
  FROM pg_catalog.pg_namespace n
 WHERE n.nspacl IS NOT NULL AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)' AND n.nspname !~ '^pg_'
 UNION ALL
SELECT (2612::bigint << 32) + l.oid::bigint, 0, (2612::bigint << 32) + l.oid::bigint, l.lanname, NULL, l.lanacl::text,
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.grantee, x.grantor, x.privilege_type, x.is_grantable), ','
                    ORDER BY x.grantee, x.grantor, x.privilege_type)
          FROM pg_catalog.aclexplode(l.lanacl) x), NULL
  FROM pg_catalog.pg_language l WHERE l.lanacl IS NOT NULL
 UNION ALL
SELECT (2328::bigint << 32) + w.oid::bigint, 0, (2328::bigint << 32) + w.oid::bigint, w.fdwname, NULL, w.fdwacl::text,
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.grantee, x.grantor, x.privilege_type, x.is_grantable), ','
                    ORDER BY x.grantee, x.grantor, x.privilege_type)
          FROM pg_catalog.aclexplode(w.fdwacl) x), NULL
  FROM pg_catalog.pg_foreign_data_wrapper w WHERE w.fdwacl IS NOT NULL
 UNION ALL
SELECT (1417::bigint << 32) + s.oid::bigint, 0, (1417::bigint << 32) + s.oid::bigint, s.srvname, NULL, s.srvacl::text,
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.grantee, x.grantor, x.privilege_type, x.is_grantable), ','
                    ORDER BY x.grantee, x.grantor, x.privilege_type)
          FROM pg_catalog.aclexplode(s.srvacl) x), NULL
  FROM pg_catalog.pg_foreign_server s WHERE s.srvacl IS NOT NULL
 UNION ALL
SELECT (1262::bigint << 32) + d.oid::bigint, 0, NULL, 'database', NULL, d.datacl::text, (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.grantee, x.grantor, x.privilege_type, x.is_grantable), ','
                    ORDER BY x.grantee, x.grantor, x.privilege_type)
          FROM pg_catalog.aclexplode(d.datacl) x), NULL
  FROM pg_catalog.pg_database d
 WHERE d.datacl IS NOT NULL AND d.datname = pg_catalog.current_database() AND d.datname !~ '^stagecopy[.]'
 UNION ALL
SELECT (826::bigint << 32) + f.oid::bigint, 0, NULL,
       'default privileges of ' || r.rolname || coalesce(' in ' || n.nspname, '') || ' for '
       || CASE f.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                               WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE f.defaclobjtype::text END, NULL,
       f.defaclacl::text, (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.grantee, x.grantor, x.privilege_type, x.is_grantable), ','
                    ORDER BY x.grantee, x.grantor, x.privilege_type)
          FROM pg_catalog.aclexplode(f.defaclacl) x), NULL
  FROM pg_catalog.pg_default_acl f
  JOIN pg_catalog.pg_roles r ON r.oid = f.defaclrole
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = f.defaclnamespace
