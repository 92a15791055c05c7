CREATE SCHEMA b58_up_again_differs;
CREATE TABLE b58_up_again_differs.plans (name text, price int);
INSERT INTO b58_up_again_differs.plans VALUES ('free', 0), ('pro', 10);
