CREATE SCHEMA c_narrow_reference;
CREATE TABLE c_narrow_reference.users (id bigint PRIMARY KEY);
INSERT INTO c_narrow_reference.users SELECT i FROM generate_series(1, 100) i;
CREATE TABLE c_narrow_reference.posts (id int PRIMARY KEY, user_id int);
INSERT INTO c_narrow_reference.posts SELECT i, i FROM generate_series(1, 100) i;
CREATE TABLE c_narrow_reference.teams (id int PRIMARY KEY);
CREATE TABLE c_narrow_reference.members (id int PRIMARY KEY, team_id int CONSTRAINT of_team REFERENCES c_narrow_reference.teams);
