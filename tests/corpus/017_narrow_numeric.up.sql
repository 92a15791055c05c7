ALTER TABLE users ALTER COLUMN score TYPE numeric(10,1);
