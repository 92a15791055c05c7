-- left: 300 rows of public.events lost
CREATE TABLE events (at timestamp NOT NULL, kind text NOT NULL, payload jsonb);
