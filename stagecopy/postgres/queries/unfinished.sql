-- What has begun and not ended in this database: prepared transactions, and other sessions' that may have written.
SELECT (SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts p WHERE p.database = pg_catalog.current_database()),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a
         WHERE a.pid <> pg_catalog.pg_backend_pid() AND a.backend_xid IS NOT NULL
           AND a.datname = pg_catalog.current_database())
