CREATE SCHEMA b02_delete_cascades;
CREATE TABLE b02_delete_cascades.orgs (id int PRIMARY KEY);
CREATE TABLE b02_delete_cascades.users (id int PRIMARY KEY, org_id int NOT NULL REFERENCES b02_delete_cascades.orgs ON DELETE CASCADE);
CREATE INDEX ON b02_delete_cascades.users (org_id);
CREATE TABLE b02_delete_cascades.posts (id int PRIMARY KEY, user_id int NOT NULL REFERENCES b02_delete_cascades.users ON DELETE CASCADE);
INSERT INTO b02_delete_cascades.orgs SELECT i FROM generate_series(1, 100) i;
INSERT INTO b02_delete_cascades.users SELECT i, 1 + i % 100 FROM generate_series(1, 1000) i;
INSERT INTO b02_delete_cascades.posts SELECT i, 1 + i % 1000 FROM generate_series(1, 2000) i;
