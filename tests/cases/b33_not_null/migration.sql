ALTER TABLE b33_not_null.users ALTER email SET NOT NULL;
ALTER TABLE b33_not_null.people ALTER email SET NOT NULL;
