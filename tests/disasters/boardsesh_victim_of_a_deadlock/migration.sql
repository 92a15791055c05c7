BEGIN;
ALTER TABLE boardsesh_victim_of_a_deadlock.board_climb_stats ADD COLUMN synced int;
SELECT pg_sleep(0.6);
ALTER TABLE boardsesh_victim_of_a_deadlock.board_climbs ADD COLUMN synced int;
COMMIT;
