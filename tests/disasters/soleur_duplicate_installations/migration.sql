CREATE UNIQUE INDEX users_installation ON soleur_duplicate_installations.users (github_installation_id)
    WHERE github_installation_id IS NOT NULL;
