ALTER TABLE orgs ADD CONSTRAINT orgs_name_key UNIQUE (name);
