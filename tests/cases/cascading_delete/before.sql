CREATE SCHEMA cascading_delete;
CREATE TABLE cascading_delete.orgs (id int PRIMARY KEY);
CREATE TABLE cascading_delete.users (
    id int PRIMARY KEY,
    org_id int NOT NULL REFERENCES cascading_delete.orgs ON DELETE CASCADE
);
CREATE TABLE cascading_delete.posts (
    id int PRIMARY KEY,
    user_id int NOT NULL REFERENCES cascading_delete.users ON DELETE CASCADE
);
CREATE TABLE cascading_delete.audit (
    id int PRIMARY KEY,
    org_id int REFERENCES cascading_delete.orgs ON DELETE SET NULL
);
INSERT INTO cascading_delete.orgs SELECT i FROM generate_series(1, 100) i;
INSERT INTO cascading_delete.users SELECT i, 1 + i % 100 FROM generate_series(1, 1000) i;
INSERT INTO cascading_delete.posts SELECT i, 1 + i % 1000 FROM generate_series(1, 2000) i;
INSERT INTO cascading_delete.audit SELECT i, i FROM generate_series(1, 100) i;
