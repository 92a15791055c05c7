VACUUM FULL b45_rewritten_only.users;
CLUSTER b45_rewritten_only.posts USING posts_pkey;
REINDEX TABLE b45_rewritten_only.users;
