-- Who we are on a server that the user named, and what it is.
SELECT pg_catalog.pg_backend_pid(), pg_catalog.pg_postmaster_start_time()::text,
       coalesce(pg_catalog.inet_server_addr()::text, '') || ':' || coalesce(pg_catalog.inet_server_port()::text, ''),
       pg_catalog.pg_is_in_recovery(), r.rolname, r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolbypassrls,
       EXISTS (SELECT FROM pg_catalog.pg_roles p
                WHERE p.rolname IN ('rds_superuser', 'neon_superuser', 'cloudsqlsuperuser', 'azure_pg_admin',
                                    'alloydbsuperuser', 'supabase_admin')
                  AND pg_catalog.pg_has_role(r.oid, p.oid, 'USAGE'))
  FROM pg_catalog.pg_roles r
 WHERE r.rolname = current_user
