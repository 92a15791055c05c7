-- Text search configurations with what they map, and dictionaries.
SELECT (3602::bigint << 32) + c.oid::bigint, 0, (3602::bigint << 32) + c.oid::bigint, n.nspname || '.' || c.cfgname, NULL,
       'text search configuration: ' || coalesce(m.shown, 'nothing mapped'), coalesce(m.known, ''), NULL::bigint
  FROM pg_catalog.pg_ts_config c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace
 CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.maptokentype, x.mapdict::pg_catalog.regdictionary),
                                ', ' ORDER BY x.maptokentype, x.mapseqno) AS shown,
                            pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.maptokentype, x.mapdict), ','
                                ORDER BY x.maptokentype, x.mapseqno) AS known
                       FROM pg_catalog.pg_ts_config_map x WHERE x.mapcfg = c.oid) m
 WHERE c.oid >= 16384 AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_ts_config'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
 UNION ALL
SELECT (3600::bigint << 32) + x.oid::bigint, 0, (3600::bigint << 32) + x.oid::bigint, n.nspname || '.' || x.dictname, NULL,
       'text search dictionary' || coalesce(': ' || x.dictinitoption, ''),
       pg_catalog.concat_ws('|', x.dicttemplate, x.dictinitoption), NULL::bigint
  FROM pg_catalog.pg_ts_dict x
  JOIN pg_catalog.pg_namespace n ON n.oid = x.dictnamespace
 WHERE x.oid >= 16384 AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_ts_dict'::pg_catalog.regclass AND d.objid = x.oid AND d.deptype = 'e')
