-- How many large objects there are and how many bytes they hold. Each is opened for reading (262144), which checks its
-- grants, and closed again at once: descriptors would last to the end of the transaction.
SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(size + closed), 0)
  FROM (SELECT pg_catalog.lo_lseek64(opened, 0, 2) AS size, pg_catalog.lo_close(opened) AS closed
          FROM (SELECT pg_catalog.lo_open(oid, 262144) AS opened FROM pg_catalog.pg_largeobject_metadata OFFSET 0) one
        OFFSET 0) each
