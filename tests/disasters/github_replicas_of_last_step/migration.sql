ALTER TABLE github_replicas_of_last_step.commits_new RENAME TO commits;
