CREATE DOMAIN company AS text CHECK (VALUE <> '');
ALTER TABLE orgs ALTER COLUMN name TYPE company;
