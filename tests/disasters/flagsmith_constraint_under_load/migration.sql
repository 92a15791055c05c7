ALTER TABLE flagsmith_constraint_under_load.features ADD CONSTRAINT name_short CHECK (flagsmith_constraint_under_load.short(name));
