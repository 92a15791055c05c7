-- Every definition of a database as PostgreSQL prints it: (object, definition). %(superusers)s own in staging under the
-- name %(stand_in)s. Members of extensions are left out: their extension is compared.

-- name: relations
SELECT c.oid::regclass::text, concat_ws('|', c.relkind, c.relpersistence, c.relispartition, c.relrowsecurity,
       c.relforcerowsecurity, c.relreplident, c.reloptions::text, c.relispopulated, am.amname,
       pg_catalog.pg_get_partkeydef(c.oid), pg_catalog.pg_get_expr(c.relpartbound, c.oid),
       CASE WHEN o.rolname = ANY (%(superusers)s) THEN %(stand_in)s ELSE o.rolname END,
       (SELECT pg_catalog.string_agg(i.inhparent::regclass::text, ',' ORDER BY i.inhseqno)
          FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid))
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_roles o ON o.oid = c.relowner LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_' AND c.relpersistence <> 't'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass
                      AND d.objid = c.oid AND d.deptype = 'e')

-- name: columns
SELECT format('%%s.%%I', c.oid::regclass, a.attname), concat_ws('|', pg_catalog.row_number() OVER (
           PARTITION BY c.oid ORDER BY a.attnum),
       pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attcollation::regcollation::text, a.attstorage, a.attcompression,
       a.attislocal, a.attinhcount, a.attoptions::text, nullif(a.attstattarget, -1))
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
   AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'c', 'f')

-- name: indexes
SELECT i.indexrelid::regclass::text, concat_ws('|', pg_catalog.pg_get_indexdef(i.indexrelid), i.indisprimary,
       i.indisclustered, i.indisreplident, i.indisvalid, i.indimmediate, i.indisready)
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_'

-- name: constraints
SELECT format('%%s %%s %%I', nullif(k.conrelid, 0)::regclass, nullif(k.contypid, 0)::regtype, k.conname),
       concat_ws('|', pg_catalog.pg_get_constraintdef(k.oid), k.convalidated, k.coninhcount, k.conislocal)
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')

-- name: triggers
SELECT format('%%s %%I', t.tgrelid::regclass, t.tgname), concat_ws('|', pg_catalog.pg_get_triggerdef(t.oid),
       t.tgenabled)
  FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal

-- name: rules
SELECT format('%%s %%I', r.ev_class::regclass, r.rulename), concat_ws('|', pg_catalog.pg_get_ruledef(r.oid),
       r.ev_enabled)
  FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')

-- name: functions
SELECT p.oid::regprocedure::text, concat_ws('|', CASE WHEN p.prokind IN ('f', 'p')
       THEN pg_catalog.pg_get_functiondef(p.oid) ELSE p.prokind::text END,
       CASE WHEN o.rolname = ANY (%(superusers)s) THEN %(stand_in)s ELSE o.rolname END)
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_roles o ON o.oid = p.proowner JOIN pg_catalog.pg_language l ON l.oid = p.prolang
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND (l.lanpltrusted OR l.lanname = 'internal')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass
                      AND d.objid = p.oid AND d.deptype = 'e')

-- name: policies
SELECT format('%%s %%I', p.polrelid::regclass, p.polname), concat_ws('|', p.polcmd, p.polpermissive,
       ARRAY(SELECT coalesce(r.rolname, 'public') FROM pg_catalog.unnest(p.polroles) u(oid)
          LEFT JOIN pg_catalog.pg_roles r ON r.oid = u.oid ORDER BY 1)::text,
       pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
  FROM pg_catalog.pg_policy p

-- name: types
-- The owner of a multirange is not compared: it is whoever made the range, and pg_dump cannot say otherwise.
SELECT t.oid::regtype::text, concat_ws('|', t.typtype, t.typnotnull, t.typdefault,
       pg_catalog.format_type(nullif(t.typbasetype, 0), t.typtypmod),
       (SELECT pg_catalog.string_agg(l.enumlabel, ',' ORDER BY l.enumsortorder)
          FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid),
       CASE WHEN 'm' IN (t.typtype, e.typtype) THEN NULL
            WHEN o.rolname = ANY (%(superusers)s) THEN %(stand_in)s ELSE o.rolname END)
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_catalog.pg_roles o ON o.oid = t.typowner
  LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_type'::regclass
                      AND d.objid = t.oid AND d.deptype = 'e')

-- name: sequences
SELECT s.seqrelid::regclass::text, concat_ws('|', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin,
       s.seqcache, s.seqcycle)
  FROM pg_catalog.pg_sequence s

-- name: schemas
SELECT n.nspname, CASE WHEN o.rolname = ANY (%(superusers)s) THEN %(stand_in)s ELSE o.rolname END
  FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner
 WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'

-- name: extensions
SELECT e.extname, concat_ws('|', e.extversion, e.extnamespace::regnamespace) FROM pg_catalog.pg_extension e

-- name: comments
SELECT concat_ws('|', i.type, i.identity), d.description
  FROM pg_catalog.pg_description d
  CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
 WHERE d.objoid >= 16384

-- name: grants
SELECT concat_ws('|', k.kind, k.identity), concat_ws('|', a.privilege_type, a.is_grantable,
       CASE WHEN g.rolname = ANY (%(superusers)s) THEN %(stand_in)s ELSE coalesce(g.rolname, 'public') END)
  FROM (SELECT 'relation' AS kind, c.oid::regclass::text AS identity, c.relacl AS acl,
               pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner) AS standard
          FROM pg_catalog.pg_class c WHERE c.relnamespace::regnamespace::text !~ '^pg_'
           AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
        UNION ALL
        SELECT 'column', format('%%s.%%I', a.attrelid::regclass, a.attname), a.attacl, NULL
          FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
         WHERE c.relnamespace::regnamespace::text !~ '^pg_' AND a.attacl IS NOT NULL
        UNION ALL
        SELECT 'schema', n.nspname, n.nspacl, pg_catalog.acldefault('n', n.nspowner) FROM pg_catalog.pg_namespace n
         WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        UNION ALL
        SELECT 'function', p.oid::regprocedure::text, p.proacl, pg_catalog.acldefault('f', p.proowner)
          FROM pg_catalog.pg_proc p WHERE p.oid >= 16384) k
  CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(k.acl, k.standard)) a
  LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
 WHERE k.identity !~ '^information_schema\.'

-- name: statistics
SELECT s.stxname, pg_catalog.pg_get_statisticsobjdef(s.oid) FROM pg_catalog.pg_statistic_ext s

-- name: event triggers
SELECT e.evtname, concat_ws('|', e.evtevent, e.evtfoid::regprocedure, e.evtenabled, e.evttags::text)
  FROM pg_catalog.pg_event_trigger e

-- name: publications
SELECT p.pubname, concat_ws('|', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
       (SELECT pg_catalog.string_agg(r.prrelid::regclass::text, ',' ORDER BY r.prrelid::regclass::text)
          FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid))
  FROM pg_catalog.pg_publication p

-- name: other objects
SELECT i.type, i.identity
  FROM (SELECT 'pg_catalog.pg_cast'::regclass AS class, oid FROM pg_catalog.pg_cast
        UNION ALL SELECT 'pg_catalog.pg_collation'::regclass, oid FROM pg_catalog.pg_collation
        UNION ALL SELECT 'pg_catalog.pg_conversion'::regclass, oid FROM pg_catalog.pg_conversion
        UNION ALL SELECT 'pg_catalog.pg_am'::regclass, oid FROM pg_catalog.pg_am
        UNION ALL SELECT 'pg_catalog.pg_opclass'::regclass, oid FROM pg_catalog.pg_opclass
        UNION ALL SELECT 'pg_catalog.pg_opfamily'::regclass, oid FROM pg_catalog.pg_opfamily
        UNION ALL SELECT 'pg_catalog.pg_operator'::regclass, oid FROM pg_catalog.pg_operator
        UNION ALL SELECT 'pg_catalog.pg_ts_config'::regclass, oid FROM pg_catalog.pg_ts_config
        UNION ALL SELECT 'pg_catalog.pg_ts_dict'::regclass, oid FROM pg_catalog.pg_ts_dict
        UNION ALL SELECT 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid FROM pg_catalog.pg_foreign_data_wrapper
        UNION ALL SELECT 'pg_catalog.pg_foreign_server'::regclass, oid FROM pg_catalog.pg_foreign_server
        UNION ALL SELECT 'pg_catalog.pg_language'::regclass, oid FROM pg_catalog.pg_language
        UNION ALL SELECT 'pg_catalog.pg_transform'::regclass, oid FROM pg_catalog.pg_transform
        UNION ALL SELECT 'pg_catalog.pg_default_acl'::regclass, oid FROM pg_catalog.pg_default_acl) o
  CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) i
 WHERE o.oid >= 16384
