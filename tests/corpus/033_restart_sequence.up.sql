SELECT setval('users_id_seq', 5000);
