-- Rows at given places, packed: key digest and one number per column, one that nobody can know where there is no value.
SELECT pack.*
  FROM pg_catalog.generate_series(0, {steps}) AS step(number),
LATERAL (SELECT {packed}
           FROM (SELECT {numbers} FROM {source} AS r
                  WHERE r.ctid = ANY (({places}::pg_catalog.tid[])[step.number * 4096 + 1 : step.number * 4096 + 4096])
                 OFFSET 0) AS held) AS pack
