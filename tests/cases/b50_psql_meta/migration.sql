\set most 10
\ir part.sql
COPY b50_psql_meta.codes (code, label) FROM STDIN;
a	first
b	second
\.
SELECT format('ALTER TABLE b50_psql_meta.users ADD COLUMN %I int', 'n' || g) FROM generate_series(1, 2) g \gexec
UPDATE b50_psql_meta.users SET n1 = 1 WHERE id <= :most;
\! touch /etc/stagecopy-was-here /root/stagecopy-was-here
\copy b50_psql_meta.codes (code) from program 'printf c'
\copy b50_psql_meta.codes from 'missing.csv'
DELETE FROM b50_psql_meta.users;
