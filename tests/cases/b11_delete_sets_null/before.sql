CREATE SCHEMA b11_delete_sets_null;
CREATE TABLE b11_delete_sets_null.teams (id int PRIMARY KEY);
CREATE TABLE b11_delete_sets_null.people (id int PRIMARY KEY, team_id int REFERENCES b11_delete_sets_null.teams ON DELETE SET NULL);
CREATE INDEX ON b11_delete_sets_null.people (team_id);
INSERT INTO b11_delete_sets_null.teams SELECT i FROM generate_series(1, 20) i;
INSERT INTO b11_delete_sets_null.people SELECT i, 1 + i % 20 FROM generate_series(1, 200) i;
