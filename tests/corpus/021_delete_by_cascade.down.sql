-- fails
DO $$ BEGIN RAISE EXCEPTION 'deleted posts do not come back'; END $$;
