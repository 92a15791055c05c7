-- Who is connected now but us (null: to any database), and how many ever were, elsewhere than where we are ourselves.
-- The latter is counted from PostgreSQL 14 on; before, it is 0.
SELECT (SELECT pg_catalog.count(*)
          FROM pg_catalog.pg_stat_activity a
         WHERE a.backend_type = 'client backend'
           AND a.pid <> pg_catalog.pg_backend_pid()
           AND (%(database)s::pg_catalog.text IS NULL OR a.datname = %(database)s)) AS now,
       (SELECT COALESCE(pg_catalog.sum((pg_catalog.to_jsonb(d) ->> 'sessions')::pg_catalog.int8), 0)::pg_catalog.int8
          FROM pg_catalog.pg_stat_database d
         WHERE d.datname <> pg_catalog.current_database()
           AND (%(database)s::pg_catalog.text IS NULL OR d.datname = %(database)s)) AS ever
