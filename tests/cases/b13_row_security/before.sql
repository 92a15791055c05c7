CREATE SCHEMA b13_row_security;
CREATE TABLE b13_row_security.users (id int PRIMARY KEY, tenant text NOT NULL, plan text);
INSERT INTO b13_row_security.users SELECT i, 'tenant' || i % 10, 'free' FROM generate_series(1, 1000) i;
ALTER TABLE b13_row_security.users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON b13_row_security.users USING (tenant = current_setting('app.tenant', true));
