CREATE SCHEMA boardsesh_victim_of_a_deadlock;
SET search_path = boardsesh_victim_of_a_deadlock;
CREATE TABLE board_climb_stats (id int PRIMARY KEY, n int);
CREATE TABLE board_climbs (id int PRIMARY KEY, n int);
INSERT INTO board_climb_stats SELECT i, i FROM generate_series(1, 200) i;
INSERT INTO board_climbs SELECT i, i FROM generate_series(1, 200) i;
