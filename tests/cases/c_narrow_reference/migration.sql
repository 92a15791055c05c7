ALTER TABLE c_narrow_reference.posts ADD CONSTRAINT of_user FOREIGN KEY (user_id) REFERENCES c_narrow_reference.users;
ALTER TABLE c_narrow_reference.teams ALTER id TYPE bigint;
