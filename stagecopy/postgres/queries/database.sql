-- The database as a whole. Locale columns differ by major; to_jsonb reads what is there.
SELECT d.datname, r.rolname, pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
       coalesce(pg_catalog.to_jsonb(d) ->> 'datlocprovider', 'c'),
       coalesce(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale'),
       pg_catalog.current_setting('server_version_num')::int,
       pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('max_locks_per_transaction')::int
         * (pg_catalog.current_setting('max_connections')::int
              + pg_catalog.current_setting('max_prepared_transactions')::int)
  FROM pg_catalog.pg_database d
  JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
 WHERE d.datname = pg_catalog.current_database()
