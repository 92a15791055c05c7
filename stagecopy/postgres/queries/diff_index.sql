-- Indexes. The fingerprint knows columns and operators by number, so that a rename elsewhere is no change here.
SELECT i.indexrelid::bigint, 0, i.indrelid::bigint, n.nspname || '.' || t.relname, c.relname,
       pg_catalog.pg_get_indexdef(i.indexrelid)
       || coalesce(' TABLESPACE ' || e.spcname, '')
       || CASE WHEN i.indisclustered THEN ' CLUSTERED' ELSE '' END
       || CASE WHEN i.indisreplident THEN ' REPLICA IDENTITY' ELSE '' END
       || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END,
       pg_catalog.concat_ws('|', i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text,
           i.indexprs::text, i.indpred::text, i.indnkeyatts, i.indisunique, i.indisvalid, c.relam,
           c.reloptions::text, c.reltablespace, i.indisclustered, i.indisreplident,
           pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct'),
       NULL::bigint
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
  LEFT JOIN pg_catalog.pg_tablespace e ON e.oid = c.reltablespace
 WHERE t.relkind IN ('r', 'p', 'm') AND t.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
