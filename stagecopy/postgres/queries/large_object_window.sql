-- Bytes of one large object as escaped text, and whether there may be more of them.
SELECT pg_catalog.encode(body, 'escape'), pg_catalog.octet_length(body) = %(length)s
  FROM (SELECT pg_catalog.lo_get(%(oid)s::oid, %(start)s, %(length)s) AS body OFFSET 0) one
