-- Settings attached to this database, to roles, or to roles in this database (role NULL = the database itself).
SELECT r.rolname, pg_catalog.unnest(s.setconfig)
  FROM pg_catalog.pg_db_role_setting s
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
 WHERE (s.setdatabase = 0 OR s.setdatabase = (SELECT oid FROM pg_catalog.pg_database
                                               WHERE datname = pg_catalog.current_database()))
   AND (s.setrole = 0 OR r.rolname IS NOT NULL)
 ORDER BY 1 NULLS FIRST, 2
