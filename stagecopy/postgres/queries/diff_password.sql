-- Whether roles have a password: for superusers. The fingerprint tells a new one; it is never shown.
SELECT (1260::bigint << 32) + r.oid::bigint, 0, (1260::bigint << 32) + r.oid::bigint, r.rolname, NULL,
       CASE WHEN r.rolpassword IS NULL THEN 'no password' ELSE 'a password' END, r.rolpassword, NULL::bigint
  FROM pg_catalog.pg_authid r
 WHERE r.rolname !~ '^(pg_|stagecopy)'
