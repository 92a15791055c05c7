-- Comments and security labels, except on what belongs to an extension. What lies within a table is a part of it.
SELECT (d.classoid::bigint << 32) + d.objoid::bigint, d.objsubid,
       coalesce(t.oid::bigint, (d.classoid::bigint << 32) + d.objoid::bigint),
       coalesce(n.nspname || '.' || t.relname, i.identity), coalesce(a.attname, j.relname, k.conname, g.tgname, p.polname, w.rulename),
       d.description, d.description, NULL::bigint
  FROM (SELECT classoid, objoid, objsubid, description FROM pg_catalog.pg_description
         WHERE objoid >= 16384 OR classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass -- these bear any number
         UNION ALL
        SELECT classoid, objoid, objsubid, provider || ': ' || label FROM pg_catalog.pg_seclabel
         UNION ALL
        SELECT classoid, objoid, 0, description FROM pg_catalog.pg_shdescription
         WHERE classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass) d
  LEFT JOIN pg_catalog.pg_constraint k ON d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objoid
  LEFT JOIN pg_catalog.pg_trigger g ON d.classoid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND g.oid = d.objoid
  LEFT JOIN pg_catalog.pg_policy p ON d.classoid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND p.oid = d.objoid
  LEFT JOIN pg_catalog.pg_rewrite w ON d.classoid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.oid = d.objoid
  LEFT JOIN pg_catalog.pg_index x ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.indexrelid = d.objoid
  LEFT JOIN pg_catalog.pg_class j ON j.oid = x.indexrelid
  LEFT JOIN pg_catalog.pg_class t ON t.oid = CASE WHEN d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                                       THEN coalesce(x.indrelid, d.objoid)
                                                  ELSE coalesce(nullif(k.conrelid, 0), g.tgrelid, p.polrelid, w.ev_class) END
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.objsubid AND d.objsubid > 0
 CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, 0) i
 WHERE (t.oid IS NULL OR t.relpersistence <> 't') AND coalesce(i.identity, '') <> ''
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
