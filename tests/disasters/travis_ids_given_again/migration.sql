TRUNCATE travis_ids_given_again.users, travis_ids_given_again.builds RESTART IDENTITY;
INSERT INTO travis_ids_given_again.users SELECT * FROM travis_ids_given_again.kept_users;
