CREATE INDEX audit_what_idx ON audit (what);
INSERT INTO audit (what) VALUES ('indexed');
