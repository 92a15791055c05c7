-- Row security policies.
SELECT p.oid::bigint, 0, p.polrelid::bigint, n.nspname || '.' || c.relname, p.polname,
       pg_catalog.concat_ws(' ',
           CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
           'FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                                   WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
           'TO ' || (SELECT pg_catalog.string_agg(CASE WHEN o.role = 0 THEN 'PUBLIC' ELSE o.role::pg_catalog.regrole::text END,
                                                  ', ' ORDER BY o.role)
                       FROM pg_catalog.unnest(p.polroles) o(role)),
           'USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
           'WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
       pg_catalog.concat_ws('|', p.polpermissive, p.polcmd, p.polroles::text, p.polqual::text, p.polwithcheck::text),
       NULL::bigint
  FROM pg_catalog.pg_policy p
  JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
