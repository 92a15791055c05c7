-- Whether roles may log in, and until when. A part of its own, for a trial gives its role a login.
SELECT (1260::bigint << 32) + r.oid::bigint, 0, (1260::bigint << 32) + r.oid::bigint, r.rolname, NULL,
       CASE WHEN r.rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END
       || coalesce(' VALID UNTIL ' || r.rolvaliduntil::text, ''), '', NULL::bigint
  FROM pg_catalog.pg_roles r
 WHERE r.rolname !~ '^(pg_|stagecopy)'
