-- The search_path that a role has when it logs in to this database; the closest setting wins, else the server's own.
SELECT coalesce((
    SELECT pg_catalog.substr(c.entry, 13)
      FROM pg_catalog.pg_db_role_setting s
     CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) c(entry)
     WHERE c.entry LIKE 'search\_path=%%'
       AND s.setrole IN (0, (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = %(role)s))
       AND s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
     ORDER BY s.setrole <> 0 DESC, s.setdatabase <> 0 DESC
     LIMIT 1), '"$user", public')
