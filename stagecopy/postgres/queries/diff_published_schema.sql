-- Schemas that publications name; from 15 on.
SELECT (6237::bigint << 32) + s.oid::bigint, 0, (6104::bigint << 32) + p.oid::bigint, p.pubname, n.nspname,
       'TABLES IN SCHEMA ' || n.nspname, '', NULL::bigint
  FROM pg_catalog.pg_publication_namespace s
  JOIN pg_catalog.pg_publication p ON p.oid = s.pnpubid
  JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid
