-- What tells two servers apart, and two sessions of one server. Nothing is set: this may be somebody else's session, so
-- the time is spelled here, whatever DateStyle and TimeZone it has.
SELECT pg_catalog.pg_backend_pid(),
       pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.pg_postmaster_start_time()), 'YYYY-MM-DD HH24:MI:SS.US'),
       coalesce(pg_catalog.inet_server_addr()::text, '') || ':' || coalesce(pg_catalog.inet_server_port()::text, ''),
       pg_catalog.current_setting('default_transaction_read_only')
