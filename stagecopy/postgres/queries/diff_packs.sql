-- Rows of runs of blocks, packed: one line per step, which is runs {begin} to {until} of {first} and {past}, one string
-- per number of a row. A line of its own for each row would cost the client ten times what it costs the server.
-- OFFSET 0 keeps the planner from reading the whole table and joining it with the runs.
SELECT pack.*
  FROM ROWS FROM (pg_catalog.unnest({begin}::pg_catalog.int4[]), pg_catalog.unnest({until}::pg_catalog.int4[]))
            AS step(begin, until),
LATERAL (SELECT {packed}
           FROM pg_catalog.generate_series(step.begin, step.until) AS run(number),
        LATERAL (SELECT {numbers} FROM {source} AS r
                  WHERE r.ctid >= ('(' || ({first}::pg_catalog.int8[])[run.number] || ',0)')::pg_catalog.tid
                    AND r.ctid < ('(' || ({past}::pg_catalog.int8[])[run.number] || ',0)')::pg_catalog.tid
                 OFFSET 0) AS held) AS pack
