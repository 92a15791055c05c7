ALTER TABLE b56_left_half_done.users ADD CONSTRAINT plan_known CHECK (plan IN ('free', 'pro')) NOT VALID;
DROP VIEW b56_left_half_done.mails;
CREATE VIEW b56_left_half_done.mails AS SELECT email FROM b56_left_half_done.users;
ALTER TABLE b56_left_half_done.notes ENABLE ROW LEVEL SECURITY;
