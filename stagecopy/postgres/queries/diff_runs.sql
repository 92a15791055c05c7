-- The rows of runs of blocks. OFFSET 0 keeps the planner from reading the whole table and joining it with the runs.
(SELECT part.*
   FROM ROWS FROM (pg_catalog.unnest({first}::pg_catalog.int8[]), pg_catalog.unnest({past}::pg_catalog.int8[]))
            AS run(first, past),
LATERAL (SELECT held.ctid, held.* FROM {source} AS held
          WHERE held.ctid >= ('(' || run.first || ',0)')::pg_catalog.tid
            AND held.ctid < ('(' || run.past || ',0)')::pg_catalog.tid
         OFFSET 0) AS part)
