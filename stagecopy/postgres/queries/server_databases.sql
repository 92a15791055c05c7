-- Every database of the server with its comment, which holds our mark; none of them is connected to.
SELECT d.datname, pg_catalog.shobj_description(d.oid, 'pg_database'), d.datallowconn,
       pg_catalog.pg_get_userbyid(d.datdba)
  FROM pg_catalog.pg_database d
 ORDER BY d.datname
