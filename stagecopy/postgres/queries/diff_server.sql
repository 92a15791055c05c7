-- Foreign servers. Options may hold passwords: their names are shown, their values never; the fingerprint knows both.
SELECT (1417::bigint << 32) + s.oid::bigint, 0, (1417::bigint << 32) + s.oid::bigint, s.srvname, NULL,
       'foreign server of ' || w.fdwname || coalesce(' VERSION ' || s.srvversion, '')
       || coalesce(' OPTIONS ' || (SELECT pg_catalog.string_agg(o.option_name, ', ' ORDER BY o.option_name)
                                     FROM pg_catalog.pg_options_to_table(s.srvoptions) o), ''),
       pg_catalog.concat_ws('|', s.srvfdw, s.srvversion, s.srvoptions::text), NULL::bigint
  FROM pg_catalog.pg_foreign_server s
  JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
 UNION ALL
SELECT (1418::bigint << 32) + m.umid::bigint, 0, (1417::bigint << 32) + m.srvid::bigint, m.srvname,
       'user mapping for ' || m.usename,
       'OPTIONS ' || coalesce((SELECT pg_catalog.string_agg(o.option_name, ', ' ORDER BY o.option_name)
                                 FROM pg_catalog.pg_options_to_table(m.umoptions) o), 'none'),
       m.umoptions::text, NULL::bigint
  FROM pg_catalog.pg_user_mappings m
