CREATE SCHEMA flagsmith_constraint_under_load;
SET search_path = flagsmith_constraint_under_load;
CREATE TABLE features (id int PRIMARY KEY, name text);
INSERT INTO features SELECT i, 'f' || i FROM generate_series(1, 160) i;
CREATE FUNCTION short(text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.005); RETURN length($1) < 100; END $$;
