CREATE SCHEMA dify_backfill_under_the_ddl_lock;
SET search_path = dify_backfill_under_the_ddl_lock;
CREATE TABLE apps (id int PRIMARY KEY, created_by int, maintainer int);
CREATE TABLE datasets (id int PRIMARY KEY, created_by int, maintainer int);
INSERT INTO apps SELECT i, i, NULL FROM generate_series(1, 50) i;
INSERT INTO datasets SELECT i, i, NULL FROM generate_series(1, 120) i;
CREATE FUNCTION maker(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.011); RETURN $1; END $$;
