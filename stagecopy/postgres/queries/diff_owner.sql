-- Who owns what. A sequence that belongs to a column always has the table's owner.
SELECT c.oid::bigint, 0, c.oid::bigint, n.nspname || '.' || c.relname, NULL, 'OWNER ' || r.rolname, r.oid::text, NULL::bigint
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_catalog.pg_depend d
                                         WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                                           AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0))
 UNION ALL
SELECT (1255::bigint << 32) + p.oid::bigint, 0, (1255::bigint << 32) + p.oid::bigint,
       n.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', NULL,
       'OWNER ' || r.rolname, r.oid::text, NULL
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
 WHERE p.oid >= 16384 AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
 UNION ALL
SELECT (1247::bigint << 32) + t.oid::bigint, 0, (1247::bigint << 32) + t.oid::bigint, n.nspname || '.' || t.typname, NULL,
       'OWNER ' || r.rolname, r.oid::text, NULL
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_catalog.pg_roles r ON r.oid = t.typowner
  LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
 WHERE t.oid >= 16384 AND t.typtype IN ('d', 'e', 'r', 'c') AND coalesce(c.relkind, 'c') = 'c'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = t.oid AND d.deptype = 'e')
 UNION ALL
SELECT (2615::bigint << 32) + n.oid::bigint, 0, (2615::bigint << 32) + n.oid::bigint, n.nspname, NULL,
       'OWNER ' || r.rolname, r.oid::text, NULL
  FROM pg_catalog.pg_namespace n
  JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)' AND n.nspname !~ '^pg_'
 UNION ALL
SELECT (1417::bigint << 32) + s.oid::bigint, 0, (1417::bigint << 32) + s.oid::bigint, s.srvname, NULL,
       'OWNER ' || r.rolname, r.oid::text, NULL
  FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_roles r ON r.oid = s.srvowner
 UNION ALL
SELECT (6104::bigint << 32) + p.oid::bigint, 0, (6104::bigint << 32) + p.oid::bigint, p.pubname, NULL,
       'OWNER ' || r.rolname, r.oid::text, NULL
  FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_roles r ON r.oid = p.pubowner
 UNION ALL
SELECT (3466::bigint << 32) + e.oid::bigint, 0, (3466::bigint << 32) + e.oid::bigint, e.evtname, NULL,
       'OWNER ' || r.rolname, r.oid::text, NULL
  FROM pg_catalog.pg_event_trigger e JOIN pg_catalog.pg_roles r ON r.oid = e.evtowner
 UNION ALL
SELECT (1262::bigint << 32) + d.oid::bigint, 0, NULL, 'database', NULL, 'OWNER ' || r.rolname, r.oid::text, NULL
  FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
 WHERE d.datname = pg_catalog.current_database() AND d.datname !~ '^stagecopy[.]'
