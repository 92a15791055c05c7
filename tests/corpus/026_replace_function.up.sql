CREATE OR REPLACE FUNCTION slug(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(regexp_replace($1, '\W+', '-', 'g')) $$;
