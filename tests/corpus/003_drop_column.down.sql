-- left: 300 values of public.users.phone lost
ALTER TABLE users ADD COLUMN phone text;
