-- The first bytes of every large object as escaped text, and whether there may be more of them.
SELECT oid, pg_catalog.encode(body, 'escape'), pg_catalog.octet_length(body) = %(length)s
  FROM (SELECT oid, pg_catalog.lo_get(oid, 0, %(length)s) AS body FROM pg_catalog.pg_largeobject_metadata OFFSET 0) one
