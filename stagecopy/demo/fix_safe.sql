-- Wanted: user ids of type text with a default made by the database, as the sign-in library now declares them.
-- How: in place. varchar(255) and text are stored alike, so no row is rewritten, and every foreign key stays.

ALTER TABLE "bazaar-vid_user"
    ALTER COLUMN id TYPE text,
    ALTER COLUMN id SET DEFAULT gen_random_uuid()::text;

ALTER TABLE "bazaar-vid_account" ALTER COLUMN "userId" TYPE text;
ALTER TABLE "bazaar-vid_session" ALTER COLUMN "userId" TYPE text;
ALTER TABLE "bazaar-vid_project" ALTER COLUMN "userId" TYPE text;
ALTER TABLE "bazaar-vid_invoice" ALTER COLUMN "userId" TYPE text;
