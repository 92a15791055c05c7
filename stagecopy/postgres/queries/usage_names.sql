-- Names that a query may quote: of tables, views, columns, schemas, functions and types.
SELECT c.relname FROM pg_catalog.pg_class c
UNION
SELECT a.attname FROM pg_catalog.pg_attribute a WHERE NOT a.attisdropped
UNION
SELECT n.nspname FROM pg_catalog.pg_namespace n
UNION
SELECT p.proname FROM pg_catalog.pg_proc p
UNION
SELECT t.typname FROM pg_catalog.pg_type t
