-- Unique indexes that can tell rows apart: valid, immediate, whole, over plain columns that are all NOT NULL.
SELECT i.indrelid::bigint, (i.indkey::int2[])[0:i.indnkeyatts - 1]::int[], i.indisprimary
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
   AND (n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
        OR c.oid IN ('pg_catalog.pg_largeobject'::pg_catalog.regclass,
                     'pg_catalog.pg_largeobject_metadata'::pg_catalog.regclass))
   AND NOT EXISTS (SELECT FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) k
                     LEFT JOIN pg_catalog.pg_attribute a
                            ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k] AND i.indkey[k] > 0
                    WHERE a.attnotnull IS NOT TRUE)
 ORDER BY i.indrelid, i.indisprimary DESC, i.indnkeyatts, i.indexrelid
