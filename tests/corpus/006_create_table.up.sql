CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int REFERENCES users ON DELETE SET NULL, what text NOT NULL
);
CREATE INDEX audit_user_idx ON audit (user_id);
INSERT INTO audit (user_id, what) SELECT id, 'made' FROM users WHERE id <= 25;
