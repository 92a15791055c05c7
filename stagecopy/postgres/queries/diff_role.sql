-- Roles, with what they may do; whether and until when they may log in is told apart (see diff_login).
SELECT (1260::bigint << 32) + r.oid::bigint, 0, (1260::bigint << 32) + r.oid::bigint, r.rolname, NULL,
       pg_catalog.concat_ws(' ', 'role',
           CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN NOT r.rolinherit THEN 'NOINHERIT' END,
           CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END, CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
           CASE WHEN r.rolreplication THEN 'REPLICATION' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
           CASE WHEN r.rolconnlimit >= 0 THEN 'CONNECTION LIMIT ' || r.rolconnlimit::text END),
       '', NULL::bigint
  FROM pg_catalog.pg_roles r
 WHERE r.rolname !~ '^(pg_|stagecopy)'
