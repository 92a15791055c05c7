-- left: enum public.plan left behind
-- up again: fails
ALTER TABLE users DROP COLUMN plan;
