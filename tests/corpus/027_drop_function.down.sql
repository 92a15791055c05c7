-- left: function public.initials(text) was
CREATE FUNCTION initials(text) RETURNS text LANGUAGE sql AS $$ SELECT left($1, 1) $$;
