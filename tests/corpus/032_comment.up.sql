COMMENT ON TABLE orgs IS 'customers'' companies';
COMMENT ON COLUMN orgs.country IS 'ISO 3166';
