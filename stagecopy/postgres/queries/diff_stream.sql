-- Fixed width: where the row is, its key digest (128 bit), its row digest (64 bit).
COPY (SELECT r.ctid, {high}, {low}, {row} FROM {source} AS r WHERE {chosen}) TO STDOUT (FORMAT binary)
