CREATE SCHEMA c_opposite_orders;
CREATE TABLE c_opposite_orders.a (id int PRIMARY KEY);
CREATE TABLE c_opposite_orders.b (id int PRIMARY KEY);
