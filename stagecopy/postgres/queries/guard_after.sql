DO $stagecopy$
DECLARE
    before CONSTANT jsonb := nullif(pg_catalog.current_setting('stagecopy_guard.before', true), '')::jsonb;
    margin CONSTANT bigint := (before ->> 'margin')::bigint;
    counters CONSTANT boolean := pg_catalog.current_setting('track_counts')::boolean;
    had_security CONSTANT text := pg_catalog.current_setting('row_security');
    item jsonb;
    target oid;
    counted text;
    counts jsonb;
    each record;
    gone bigint;
    deleted bigint;
    trouble text[] := ARRAY[]::text[];
BEGIN
    IF before IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'SG003', MESSAGE = 'stagecopy guard: its counts are gone: what stands before and'
            ' after the migration must run in one transaction, and the migration must not RESET ALL';
    END IF;
    SET CONSTRAINTS ALL IMMEDIATE;  -- deferred triggers act now, so that what they take counts
    PERFORM pg_catalog.set_config('row_security', 'off', true);
    FOR item IN SELECT value FROM pg_catalog.jsonb_array_elements(before -> 'tables') LOOP
        SELECT oid INTO target FROM pg_catalog.pg_class WHERE oid = (item ->> 'oid')::oid;
        target := coalesce(target, pg_catalog.to_regclass(item ->> 'place'));
        counts := pg_catalog.jsonb_build_object('0', 0);
        IF target IS NOT NULL THEN
            -- a column goes by its number, or by its name where it was made anew
            SELECT 'SELECT pg_catalog.to_jsonb(q) FROM (SELECT pg_catalog.count(*) AS "0"' || coalesce(pg_catalog.string_agg(
                       pg_catalog.format(', pg_catalog.count(%I) AS "%s"', coalesce(same.attname, named.attname), k.key), ''), '')
                   || CASE (SELECT relkind FROM pg_catalog.pg_class WHERE oid = target) WHEN 'p' THEN ' FROM ' ELSE ' FROM ONLY ' END
                   || target::pg_catalog.regclass::text || ') q'
              INTO counted
              FROM pg_catalog.jsonb_object_keys(item -> 'counts') k(key)
              LEFT JOIN pg_catalog.pg_attribute same ON same.attrelid = target AND target = (item ->> 'oid')::oid
                    AND same.attnum = k.key::int AND NOT same.attisdropped
              LEFT JOIN pg_catalog.pg_attribute named ON named.attrelid = target AND named.attnum > 0 AND NOT named.attisdropped
                    AND named.attname = (item -> 'columns' ->> k.key)
             WHERE k.key <> '0' AND coalesce(same.attname, named.attname) IS NOT NULL;
            EXECUTE counted INTO counts;
        END IF;
        gone := (item -> 'counts' ->> '0')::bigint - (counts ->> '0')::bigint;
        IF gone > (item ->> 'removed')::bigint + margin THEN
            trouble := trouble || pg_catalog.format('%s lost %s rows, at most %s may go', item ->> 'place', gone, item ->> 'removed');
        END IF;
        IF counters AND (item ->> 'deletes')::boolean AND target = (item ->> 'oid')::oid THEN
            SELECT pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_deleted(t.relid)) - (item ->> 'deleted')::bigint INTO deleted
              FROM (SELECT target AS relid UNION SELECT relid FROM pg_catalog.pg_partition_tree(target)) t;
            IF deleted > (item ->> 'removed')::bigint + margin AND NOT deleted = gone THEN
                trouble := trouble || pg_catalog.format('%s rows of %s were deleted, at most %s may be',
                                                        deleted, item ->> 'place', item ->> 'removed');
            END IF;
        END IF;
        FOR each IN SELECT item -> 'columns' ->> c.key AS name, CASE WHEN pg_catalog.jsonb_exists(item -> 'lost', item -> 'columns' ->> c.key)
                           THEN item -> 'lost' ->> (item -> 'columns' ->> c.key) ELSE item ->> 'others' END::bigint AS most,
                           c.value::bigint - coalesce((counts ->> c.key)::bigint, 0) - greatest(gone, 0) AS fewer
                      FROM pg_catalog.jsonb_each_text(item -> 'counts') c WHERE c.key <> '0' LOOP
            IF each.fewer > each.most + margin THEN
                trouble := trouble || pg_catalog.format('%s.%I holds %s values less, at most %s may go',
                                                        item ->> 'place', each.name, each.fewer, each.most);
            END IF;
        END LOOP;
    END LOOP;
    FOR each IN SELECT o.value ->> 2 AS place, c.oid, c.relfilenode::bigint IS DISTINCT FROM (o.value ->> 1)::bigint AS anew,
                       EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted
                                  AND l.relation = (o.value ->> 0)::oid AND l.mode = 'AccessExclusiveLock') AS ours,
                       pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) - (o.value ->> 3)::bigint AS removed,
                       pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) - (o.value ->> 4)::bigint AS changed
                  FROM pg_catalog.jsonb_array_elements(before -> 'others') o
                  LEFT JOIN pg_catalog.pg_class c ON c.oid = (o.value ->> 0)::oid LOOP
        IF each.oid IS NULL THEN
            trouble := trouble || pg_catalog.format('%s is gone, which the trial did not drop', each.place);
        ELSIF each.anew AND each.ours THEN
            trouble := trouble || pg_catalog.format('%s was emptied or written anew, which the trial left alone', each.place);
        ELSIF counters AND each.removed + each.changed > margin THEN
            trouble := trouble || pg_catalog.format('%s rows of %s were deleted and %s updated, which the trial left alone',
                                                    each.removed, each.place, each.changed);
        END IF;
    END LOOP;
    PERFORM pg_catalog.set_config('row_security', had_security, true);
    PERFORM pg_catalog.set_config('stagecopy_guard.before', '', true);
    IF pg_catalog.cardinality(trouble) > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'SG001',
            MESSAGE = 'stagecopy guard: nothing was changed: ' || pg_catalog.array_to_string(trouble, '; '),
            HINT = 'Try the migration on a new snapshot, or raise the margin in the guard.';
    END IF;
END
$stagecopy$
