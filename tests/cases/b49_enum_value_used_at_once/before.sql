CREATE SCHEMA b49_enum_value_used_at_once;
CREATE TYPE b49_enum_value_used_at_once.state AS ENUM ('open', 'closed');
CREATE TABLE b49_enum_value_used_at_once.tickets (id int PRIMARY KEY, state b49_enum_value_used_at_once.state NOT NULL);
INSERT INTO b49_enum_value_used_at_once.tickets SELECT i, 'open' FROM generate_series(1, 20) i;
