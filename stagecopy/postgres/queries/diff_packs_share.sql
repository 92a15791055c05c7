-- The same for the rows of a share by key digest, where rows cannot be read by blocks.
SELECT {packed}
  FROM (SELECT {numbers}, (pg_catalog.row_number() OVER () - 1) / 4096 AS pack FROM {source} AS r
         WHERE pg_catalog.mod({low}, {shares}) IN ({share}, {share} - {shares})) AS held
 GROUP BY held.pack
