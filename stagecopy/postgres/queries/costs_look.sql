-- How much log the server has written, and for each table where its rows lie and how often and how far they were read
-- in order: what the server counted, and what this session has not told it yet. Operators are named with their
-- schema, and nothing is assumed of the session: it is the migration's.
SELECT w.written, t.*
  FROM (SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::pg_catalog.int8) w(written)
  LEFT JOIN (
    SELECT c.oid::pg_catalog.int8, n.nspname, c.relname, c.relkind OPERATOR(pg_catalog.=) 'm',
           c.relfilenode::pg_catalog.int8,
           pg_catalog.pg_stat_get_numscans(c.oid)
             OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_numscans(c.oid),
           pg_catalog.pg_stat_get_tuples_returned(c.oid)
             OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_returned(c.oid)
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
     WHERE c.oid OPERATOR(pg_catalog.>=) 16384 AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,m}')
       AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
  ) t ON true
