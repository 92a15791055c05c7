-- Extensions; what belongs to one is not told apart.
SELECT (3079::bigint << 32) + x.oid::bigint, 0, (3079::bigint << 32) + x.oid::bigint, x.extname, NULL,
       x.extversion || ' IN SCHEMA ' || n.nspname, pg_catalog.concat_ws('|', x.extversion, x.extnamespace), NULL::bigint
  FROM pg_catalog.pg_extension x
  JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
