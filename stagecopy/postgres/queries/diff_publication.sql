-- Publications with the tables they name (row filters and column lists came with 15).
SELECT (6104::bigint << 32) + p.oid::bigint, 0, (6104::bigint << 32) + p.oid::bigint, p.pubname, NULL,
       'publication of ' || pg_catalog.concat_ws(', ',
           CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
           CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END)
       || CASE WHEN p.puballtables THEN ' FOR ALL TABLES' ELSE coalesce(' FOR TABLE ' || t.shown, '') END
       || CASE WHEN p.pubviaroot THEN ' VIA PARTITION ROOT' ELSE '' END,
       pg_catalog.concat_ws('|', p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.puballtables, p.pubviaroot,
           t.known), NULL::bigint
  FROM pg_catalog.pg_publication p
 CROSS JOIN LATERAL (
      SELECT pg_catalog.string_agg(r.prrelid::pg_catalog.regclass::text
                 || coalesce(' WHERE ' || f.words, ''),
                 ', ' ORDER BY r.prrelid::pg_catalog.regclass::text) AS shown,
             pg_catalog.string_agg(pg_catalog.concat_ws(' ', r.prrelid, r.filter, r.attrs), ',' ORDER BY r.prrelid) AS known
        FROM (VALUES (NULL::text, NULL::text)) older(prqual, prattrs)
       CROSS JOIN LATERAL (SELECT prrelid, prqual::text AS filter, prattrs::text AS attrs
                             FROM pg_catalog.pg_publication_rel WHERE prpubid = p.oid) r
        LEFT JOIN LATERAL (SELECT pg_catalog.to_jsonb(v) ->> 'rowfilter' AS words
                             FROM pg_catalog.pg_publication_tables v
                             JOIN pg_catalog.pg_class c ON c.oid = r.prrelid AND c.relname = v.tablename
                             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = v.schemaname
                            WHERE r.filter IS NOT NULL AND v.pubname = p.pubname) f ON true) t
