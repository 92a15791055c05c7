-- left: 200 values of public.users.score are other values
ALTER TABLE users ALTER COLUMN score TYPE numeric(10,2);
