-- What the catalogs of a database hold in words: where it stands, and the words.
WITH own AS (
    SELECT c.oid, n.nspname, c.relname, pg_catalog.format('%s.%s', n.nspname, c.relname) AS name, c.relkind,
           c.relpartbound, c.relispartition
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
)
SELECT 'comment on ' || coalesce(
           (SELECT o.name || coalesce('.' || a.attname, '') FROM own o
              LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid AND a.attnum = d.objsubid AND d.objsubid > 0
             WHERE o.oid = d.objoid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass),
           d.classoid::pg_catalog.regclass::text || ' ' || d.objoid) AS place, d.description AS body
  FROM pg_catalog.pg_description d
 WHERE d.objoid >= 16384 -- large objects bear any number
    OR d.classoid IN ('pg_catalog.pg_namespace'::pg_catalog.regclass, 'pg_catalog.pg_largeobject'::pg_catalog.regclass)
UNION ALL
SELECT 'comment on ' || classoid::pg_catalog.regclass, description FROM pg_catalog.pg_shdescription WHERE objoid >= 16384
UNION ALL
SELECT 'default of ' || o.name || '.' || a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
  FROM pg_catalog.pg_attrdef d JOIN own o ON o.oid = d.adrelid
  JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
UNION ALL
SELECT 'default of ' || o.name || '.' || a.attname, a.attmissingval::text
  FROM pg_catalog.pg_attribute a JOIN own o ON o.oid = a.attrelid WHERE a.attmissingval IS NOT NULL
UNION ALL
SELECT 'options of ' || o.name || '.' || a.attname, pg_catalog.array_to_string(a.attfdwoptions, ' ')
  FROM pg_catalog.pg_attribute a JOIN own o ON o.oid = a.attrelid WHERE a.attfdwoptions IS NOT NULL
UNION ALL
SELECT 'view ' || name, pg_catalog.pg_get_viewdef(oid) FROM own WHERE relkind IN ('v', 'm')
UNION ALL
SELECT 'index ' || name, pg_catalog.pg_get_indexdef(oid) FROM own WHERE relkind IN ('i', 'I')
UNION ALL
SELECT 'partition bound of ' || name, pg_catalog.pg_get_expr(relpartbound, oid) FROM own WHERE relispartition AND relpartbound IS NOT NULL
UNION ALL
SELECT 'function ' || n.nspname || '.' || p.proname, pg_catalog.pg_get_functiondef(p.oid)
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.oid >= 16384 AND p.prokind IN ('f', 'p')
UNION ALL
SELECT 'aggregate ' || p.proname, a.agginitval FROM pg_catalog.pg_aggregate a
  JOIN pg_catalog.pg_proc p ON p.oid = a.aggfnoid WHERE p.oid >= 16384 AND a.agginitval IS NOT NULL
UNION ALL
SELECT 'constraint ' || conname, pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint WHERE oid >= 16384
UNION ALL
SELECT 'default of type ' || typname, typdefault FROM pg_catalog.pg_type WHERE oid >= 16384 AND typdefault IS NOT NULL
UNION ALL
SELECT 'label of enum ' || t.typname, e.enumlabel
  FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid
UNION ALL
SELECT 'partition key of ' || name, pg_catalog.pg_get_partkeydef(oid) FROM own WHERE relkind = 'p'
UNION ALL
SELECT 'policy ' || polname, coalesce(pg_catalog.pg_get_expr(polqual, polrelid), '') || ' '
       || coalesce(pg_catalog.pg_get_expr(polwithcheck, polrelid), '') FROM pg_catalog.pg_policy
UNION ALL
SELECT 'rule ' || rulename, pg_catalog.pg_get_ruledef(oid) FROM pg_catalog.pg_rewrite
 WHERE oid >= 16384 AND rulename <> '_RETURN'
UNION ALL
SELECT 'trigger ' || tgname, pg_catalog.pg_get_triggerdef(oid) FROM pg_catalog.pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'statistics on ' || schemaname || '.' || tablename || '.' || attname,
       pg_catalog.concat_ws(' ', most_common_vals::text, histogram_bounds::text, most_common_elems::text)
  FROM pg_catalog.pg_stats WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT 'statistics ' || x.statistics_schemaname || '.' || x.statistics_name, x.most_common_vals::text
  FROM pg_catalog.pg_stats_ext x WHERE x.most_common_vals IS NOT NULL
UNION ALL
SELECT 'statistics ' || stxname, pg_catalog.pg_get_statisticsobjdef(oid) FROM pg_catalog.pg_statistic_ext
UNION ALL
SELECT 'publication ' || p.pubname, pg_catalog.to_jsonb(p) ->> 'rowfilter' FROM pg_catalog.pg_publication_tables p
UNION ALL
SELECT 'rules of collation ' || c.collname, pg_catalog.to_jsonb(c) ->> 'collicurules' FROM pg_catalog.pg_collation c
 WHERE c.oid >= 16384
UNION ALL
SELECT 'text search dictionary ' || dictname, dictinitoption FROM pg_catalog.pg_ts_dict WHERE oid >= 16384
UNION ALL
SELECT 'condition of extension ' || extname, pg_catalog.array_to_string(extcondition, ' ')
  FROM pg_catalog.pg_extension WHERE extcondition IS NOT NULL
UNION ALL
SELECT 'security label on ' || objname, label FROM pg_catalog.pg_seclabels
UNION ALL
SELECT 'options of ' || o.name || '.' || a.attname, pg_catalog.array_to_string(a.attoptions, ' ')
  FROM pg_catalog.pg_attribute a JOIN own o ON o.oid = a.attrelid WHERE a.attoptions IS NOT NULL
UNION ALL
SELECT 'options of ' || n.nspname || '.' || c.relname, pg_catalog.array_to_string(c.reloptions, ' ')
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.reloptions IS NOT NULL
UNION ALL
SELECT 'options of foreign data wrapper ' || fdwname, pg_catalog.array_to_string(fdwoptions, ' ')
  FROM pg_catalog.pg_foreign_data_wrapper WHERE fdwoptions IS NOT NULL
UNION ALL
SELECT 'server ' || srvname, pg_catalog.concat_ws(' ', srvtype, srvversion) FROM pg_catalog.pg_foreign_server
UNION ALL
SELECT 'options of server ' || srvname, pg_catalog.array_to_string(srvoptions, ' ')
  FROM pg_catalog.pg_foreign_server WHERE srvoptions IS NOT NULL
UNION ALL
SELECT 'options of table ' || o.name, pg_catalog.array_to_string(f.ftoptions, ' ')
  FROM pg_catalog.pg_foreign_table f JOIN own o ON o.oid = f.ftrelid WHERE f.ftoptions IS NOT NULL
UNION ALL
SELECT 'setting of a database or role', pg_catalog.array_to_string(setconfig, ' ') FROM pg_catalog.pg_db_role_setting
 WHERE setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
