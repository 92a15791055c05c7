-- Every role of the server with its comment, which holds our mark, whether we may grant it, and who is a member.
SELECT r.rolname, pg_catalog.shobj_description(r.oid, 'pg_authid'),
       (SELECT a.rolsuper OR (a.rolcreaterole AND pg_catalog.current_setting('server_version_num')::int < 160000)
          FROM pg_catalog.pg_roles a WHERE a.rolname = current_user)
       OR pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION'),
       ARRAY(SELECT m.rolname FROM pg_catalog.pg_auth_members g JOIN pg_catalog.pg_roles m ON m.oid = g.member
              WHERE g.roleid = r.oid)::text[]
  FROM pg_catalog.pg_roles r
 WHERE r.rolname !~ '^pg_'
 ORDER BY r.rolname
