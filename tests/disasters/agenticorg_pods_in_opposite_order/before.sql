CREATE SCHEMA agenticorg_pods_in_opposite_order;
SET search_path = agenticorg_pods_in_opposite_order;
CREATE TABLE sso_configs (id int PRIMARY KEY, tenant int);
CREATE TABLE agents (id int PRIMARY KEY, tenant int);
