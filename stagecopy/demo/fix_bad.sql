-- Wanted: user ids of type text with a default made by the database, as the sign-in library now declares them.
-- How: build the table in its new shape beside the old one, then swap the two.

CREATE TABLE "bazaar-vid_user_new" (
    id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
    name varchar(255),
    email varchar(255) NOT NULL UNIQUE,
    "emailVerified" timestamptz DEFAULT CURRENT_TIMESTAMP,
    image varchar(255),
    plan "bazaar-vid_plan" NOT NULL DEFAULT 'free',
    "createdAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- "cannot drop table because other objects depend on it", so:
DROP TABLE "bazaar-vid_user" CASCADE;

ALTER TABLE "bazaar-vid_user_new" RENAME TO "bazaar-vid_user";
