-- the list of states is filled anew
TRUNCATE b01_truncate_cascade.states CASCADE;
INSERT INTO b01_truncate_cascade.states VALUES (1, 'open'), (2, 'paid'), (3, 'sent'), (4, 'returned');
