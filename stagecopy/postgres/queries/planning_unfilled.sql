-- Columns that take no NULL and get nothing of their own where an INSERT leaves them out. A table with a trigger that
-- runs before is left out: the trigger may fill them. Generated and identity columns always get something.
SELECT n.nspname || '.' || c.relname, a.attname, a.attnum::int
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
   AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = ''
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t
                    WHERE t.tgrelid = c.oid AND t.tgtype & 7 = 7 AND t.tgenabled IN ('O', 'A') AND NOT t.tgisinternal)
