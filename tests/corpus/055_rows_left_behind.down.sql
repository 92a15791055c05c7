-- left: 1 row of public.audit left behind
-- up again: differs
DROP INDEX audit_what_idx;
