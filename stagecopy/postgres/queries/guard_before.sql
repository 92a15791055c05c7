DO $stagecopy$
DECLARE
    -- What may be changed here:
    margin CONSTANT bigint := 0;             -- rows and values by which each count may fall below what is listed
    hold_writers CONSTANT boolean := true;   -- false: writers go on, and what they remove meanwhile counts too
    patience CONSTANT text := '5s';          -- longest wait for a table while others queue behind us
    -- What the migration may take, found by trying it:
    limits CONSTANT jsonb := {limits};
    had_timeout CONSTANT text := pg_catalog.current_setting('lock_timeout');
    had_security CONSTANT text := pg_catalog.current_setting('row_security');
    item jsonb;
    place text;
    target oid;
    counted text;
    counts jsonb;
    tables jsonb := pg_catalog.jsonb_build_array();
    others jsonb;
BEGIN
    PERFORM pg_catalog.set_config('lock_timeout', patience, true);
    PERFORM pg_catalog.set_config('row_security', 'off', true);  -- rows that a policy hides count, or this ends here
    FOR item IN SELECT value FROM pg_catalog.jsonb_array_elements(limits) LOOP
        place := pg_catalog.format('%I.%I', item ->> 'schema', item ->> 'table');
        IF pg_catalog.to_regclass(place) IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'SG002', MESSAGE = 'stagecopy guard: nothing was changed: there is no table '
                || place || ', which the trial had', HINT = 'Try the migration on a new snapshot.';
        END IF;
        IF hold_writers THEN
            EXECUTE 'LOCK TABLE ' || place || ' IN SHARE ROW EXCLUSIVE MODE';
        END IF;
    END LOOP;
    FOR item IN SELECT value FROM pg_catalog.jsonb_array_elements(limits) LOOP
        place := pg_catalog.format('%I.%I', item ->> 'schema', item ->> 'table');
        target := pg_catalog.to_regclass(place);
        SELECT 'SELECT pg_catalog.to_jsonb(q) FROM (SELECT pg_catalog.count(*) AS "0"' || coalesce(pg_catalog.string_agg(
                   pg_catalog.format(', pg_catalog.count(%I) AS "%s"', a.attname, a.attnum), '' ORDER BY a.attnum)
                   FILTER (WHERE a.attnum IS NOT NULL), '')
               || CASE c.relkind WHEN 'p' THEN ' FROM ' ELSE ' FROM ONLY ' END || place || ') q'
          INTO counted
          FROM pg_catalog.pg_class c
          LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                AND (NOT a.attnotnull OR pg_catalog.jsonb_exists(item -> 'lost', a.attname::text))
         WHERE c.oid = target GROUP BY c.relkind;
        EXECUTE counted INTO counts;
        tables := tables || pg_catalog.jsonb_build_array(item || pg_catalog.jsonb_build_object(
            'oid', target::bigint, 'place', place, 'counts', counts,
            -- what this session has deleted may hold earlier transactions' share as well
            'deleted', (SELECT pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_deleted(t.relid)) FROM (
                            SELECT target AS relid UNION SELECT relid FROM pg_catalog.pg_partition_tree(target)) t),
            'columns', (SELECT pg_catalog.jsonb_object_agg(attnum, attname) FROM pg_catalog.pg_attribute
                         WHERE attrelid = target AND attnum > 0 AND NOT attisdropped)));
    END LOOP;
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(c.oid::bigint, c.relfilenode::bigint,
                                                             pg_catalog.format('%I.%I', n.nspname, c.relname),
                                                             pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid),
                                                             pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)))
      INTO others
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
       AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
       AND NOT c.relname = ANY ({ignored}::text[])  -- what migration tools keep about themselves
       AND NOT EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(tables) t
                        WHERE (t.value ->> 'oid')::bigint
                              IN (c.oid::bigint, CASE WHEN c.relispartition THEN pg_catalog.pg_partition_root(c.oid)::bigint END));
    PERFORM pg_catalog.set_config('row_security', had_security, true);
    PERFORM pg_catalog.set_config('lock_timeout', had_timeout, true);
    PERFORM pg_catalog.set_config('stagecopy_guard.before', pg_catalog.jsonb_build_object(
        'margin', margin, 'tables', tables, 'others', coalesce(others, pg_catalog.jsonb_build_array()))::text, true);
END
$stagecopy$
