ALTER TABLE b18_other_meaning.docs ALTER COLUMN doc TYPE jsonb, ALTER COLUMN seen TYPE timestamptz USING seen AT TIME ZONE 'Asia/Tokyo';
UPDATE b18_other_meaning.docs SET email = lower(email) WHERE email <> lower(email);
ALTER TABLE b18_other_meaning.logins ALTER COLUMN login TYPE b18_other_meaning.citext;
