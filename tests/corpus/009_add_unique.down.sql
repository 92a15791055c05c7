ALTER TABLE orgs DROP CONSTRAINT orgs_name_key;
