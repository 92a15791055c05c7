-- left: 3 rows of public.audit left behind
-- up again: differs
DROP TRIGGER orgs_log ON orgs;
DROP FUNCTION log_org();
UPDATE orgs SET name = replace(name, ' Ltd', '') WHERE id <= 3;
