ALTER TABLE zulip_many_violations.counts ADD CONSTRAINT counts_once UNIQUE (server, property, "end");
