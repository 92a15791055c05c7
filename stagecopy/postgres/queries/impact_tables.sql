-- Of the relations named schema.name those that programs read and write: where they are, their kind, their pages.
SELECT n.nspname || '.' || c.relname, n.nspname, c.relname, c.relkind::text, greatest(c.relpages, 1)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm', 'v') AND n.nspname || '.' || c.relname = ANY (%(names)s) AND n.nspname !~ '^pg_'
