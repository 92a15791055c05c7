ALTER TABLE klai_not_the_owner.templates ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON klai_not_the_owner.templates USING (org = 1);
