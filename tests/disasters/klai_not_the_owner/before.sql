CREATE SCHEMA klai_not_the_owner;
SET search_path = klai_not_the_owner;
CREATE ROLE portal_api LOGIN;
CREATE ROLE klai;
CREATE TABLE templates (id int PRIMARY KEY, org int);
INSERT INTO templates SELECT i, i FROM generate_series(1, 20) i;
ALTER TABLE templates OWNER TO klai;
GRANT USAGE ON SCHEMA klai_not_the_owner TO portal_api, klai;
GRANT SELECT, INSERT, UPDATE, DELETE ON templates TO portal_api;
