-- Enabled triggers of users' tables, with the body of their function. tgtype: 1 row, 2 before, 4 insert, 8 delete,
-- 16 update, 32 truncate. Bodies come as bytes: a database without an encoding may hold anything.
SELECT g.tgname, n.nspname || '.' || c.relname, g.tgtype & 2 <> 0,
       pg_catalog.array_remove(ARRAY[CASE WHEN g.tgtype & 4 <> 0 THEN 'INSERT' END,
                                     CASE WHEN g.tgtype & 8 <> 0 THEN 'DELETE' END,
                                     CASE WHEN g.tgtype & 16 <> 0 THEN 'UPDATE' END,
                                     CASE WHEN g.tgtype & 32 <> 0 THEN 'TRUNCATE' END], NULL),
       fn.nspname || '.' || f.proname, pg_catalog.textsend(f.prosrc)
  FROM pg_catalog.pg_trigger g
  JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid
  JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
 WHERE NOT g.tgisinternal AND g.tgenabled IN ('O', 'A') AND c.relpersistence <> 't'
 ORDER BY n.nspname, c.relname, g.tgname
