-- Key digest and one digest per column (NULL stays NULL) of the rows at given places.
COPY (SELECT {high}, {low}, {values} FROM {source} AS r WHERE r.ctid = ANY ({places}::pg_catalog.tid[])) TO STDOUT
