CREATE TYPE b58_up_again_fails.state AS ENUM ('open', 'done');
ALTER TABLE b58_up_again_fails.jobs ADD COLUMN state b58_up_again_fails.state;
