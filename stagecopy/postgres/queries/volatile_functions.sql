-- Which of the functions %(names)s (schema.name) answer differently each time or act on something.
SELECT DISTINCT n.nspname || '.' || p.proname
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.provolatile = 'v' AND n.nspname || '.' || p.proname = ANY (%(names)s::text[])
 ORDER BY 1
