-- Settings of this database, of roles, and of roles in this database: pg_db_role_setting has no numbers for each.
SELECT pg_catalog.hashtextextended(pg_catalog.concat_ws('/', s.setdatabase, s.setrole, pg_catalog.split_part(o.setting, '=', 1)), 0),
       0, NULL::bigint,
       CASE WHEN s.setrole = 0 THEN 'database' WHEN s.setdatabase = 0 THEN r.rolname ELSE r.rolname || ' in database' END,
       pg_catalog.split_part(o.setting, '=', 1),
       pg_catalog.substr(o.setting, pg_catalog.strpos(o.setting, '=') + 1),
       pg_catalog.substr(o.setting, pg_catalog.strpos(o.setting, '=') + 1), NULL::bigint
  FROM pg_catalog.pg_db_role_setting s
 CROSS JOIN pg_catalog.unnest(s.setconfig) o(setting)
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
 WHERE (s.setdatabase = 0 OR s.setdatabase = (SELECT d.oid FROM pg_catalog.pg_database d
                                               WHERE d.datname = pg_catalog.current_database()))
   AND (s.setrole = 0 OR r.rolname !~ '^stagecopy')
