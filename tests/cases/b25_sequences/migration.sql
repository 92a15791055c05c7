SELECT setval('b25_sequences.users_id_seq', 1);
