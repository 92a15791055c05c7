ALTER TABLE b17_cut_text.people ALTER COLUMN name TYPE varchar(6) USING name::varchar(6), ALTER COLUMN code TYPE varchar(6);
