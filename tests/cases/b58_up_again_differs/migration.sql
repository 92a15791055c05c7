CREATE TABLE b58_up_again_differs.offers (plan text);
INSERT INTO b58_up_again_differs.plans VALUES ('max', 20);
