-- All that is needed to make the tables in %(tables)s again, and to fill them: columns, constraints, keys of others that
-- point at them, indexes without a constraint, triggers, sequences that they own.
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text, c.relpersistence::text,
       (SELECT coalesce(pg_catalog.sum(pg_catalog.pg_table_size(coalesce(t.relid, c.oid))), pg_catalog.pg_table_size(c.oid))
          FROM pg_catalog.pg_partition_tree(c.oid) t)::bigint,
       pg_catalog.pg_get_partkeydef(c.oid),
       CASE WHEN c.relispartition THEN (SELECT inhparent::bigint FROM pg_catalog.pg_inherits WHERE inhrelid = c.oid) END,
       pg_catalog.pg_get_expr(c.relpartbound, c.oid),
       ARRAY(SELECT pg_catalog.jsonb_build_object('number', a.attnum, 'name', a.attname,
                        'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                        'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::pg_catalog.regcollation::text END,
                        'identity', a.attidentity, 'generated', a.attgenerated, 'required', a.attnotnull,
                        'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid))
               FROM pg_catalog.pg_attribute a
               JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
               LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       ARRAY(SELECT pg_catalog.jsonb_build_object('name', k.conname, 'kind', k.contype, 'definition', pg_catalog.pg_get_constraintdef(k.oid),
                        'target', k.confrelid::bigint, 'target_name', k.confrelid::pg_catalog.regclass::text)
               FROM pg_catalog.pg_constraint k
              WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'c', 'x', 'f') AND k.conparentid = 0
              ORDER BY k.contype = 'f', k.contype <> 'p', k.conname),
       ARRAY(SELECT pg_catalog.jsonb_build_object('schema', o.nspname, 'table', r.relname, 'name', k.conname,
                        'definition', pg_catalog.pg_get_constraintdef(k.oid))
               FROM pg_catalog.pg_constraint k
               JOIN pg_catalog.pg_class r ON r.oid = k.conrelid
               JOIN pg_catalog.pg_namespace o ON o.oid = r.relnamespace
              WHERE k.confrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0 AND k.conrelid <> c.oid
              ORDER BY o.nspname, r.relname, k.conname),
       ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid) FROM pg_catalog.pg_index i
              WHERE i.indrelid = c.oid
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid)
              ORDER BY i.indexrelid),
       ARRAY(SELECT pg_catalog.jsonb_build_object('name', g.tgname, 'fires', g.tgenabled, 'definition', pg_catalog.pg_get_triggerdef(g.oid))
               FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal ORDER BY g.tgname),
       ARRAY(SELECT pg_catalog.jsonb_build_object('schema', m.nspname, 'name', s.relname, 'column', a.attname)
               FROM pg_catalog.pg_depend d
               JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
               JOIN pg_catalog.pg_namespace m ON m.oid = s.relnamespace
               JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
              WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = c.oid
                AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'a' ORDER BY s.relname)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid = ANY (%(tables)s::oid[])
 ORDER BY c.oid
