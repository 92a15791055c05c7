CREATE SCHEMA b48_fails_at_commit;
CREATE TABLE b48_fails_at_commit.seats (id int PRIMARY KEY, place int NOT NULL);
ALTER TABLE b48_fails_at_commit.seats ADD CONSTRAINT seats_place_key UNIQUE (place) DEFERRABLE INITIALLY DEFERRED;
INSERT INTO b48_fails_at_commit.seats SELECT i, i FROM generate_series(1, 30) i;
