SELECT setval('b25_sequences.users_id_seq', 1);
INSERT INTO b25_sequences.big DEFAULT VALUES;
INSERT INTO b25_sequences.narrow DEFAULT VALUES;
TRUNCATE b25_sequences.gone RESTART IDENTITY;
