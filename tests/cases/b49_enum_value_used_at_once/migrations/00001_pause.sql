-- +goose Up
ALTER TYPE b49_enum_value_used_at_once.state ADD VALUE 'paused';
UPDATE b49_enum_value_used_at_once.tickets
   SET state = 'paused' WHERE id <= 5;

-- +goose Down
UPDATE b49_enum_value_used_at_once.tickets SET state = 'open' WHERE state = 'paused';
