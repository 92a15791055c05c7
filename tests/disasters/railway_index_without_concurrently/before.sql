CREATE SCHEMA railway_index_without_concurrently;
SET search_path = railway_index_without_concurrently;
CREATE TABLE deployments (id int PRIMARY KEY, status text);
INSERT INTO deployments SELECT i, 'ok' FROM generate_series(1, 150) i;
CREATE FUNCTION slow(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.005); RETURN $1; END $$;
