-- Of an UPDATE with FROM: how many rows it finds, and how many of them more than once.
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE found.times > 1)
  FROM (SELECT pg_catalog.count(*) AS times FROM {target}, {sources} WHERE {condition}
         GROUP BY {name}.tableoid, {name}.ctid) AS found
