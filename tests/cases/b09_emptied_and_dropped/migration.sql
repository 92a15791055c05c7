DELETE FROM b09_emptied_and_dropped.queue;
CREATE TABLE b09_emptied_and_dropped.archive (id int PRIMARY KEY);
DROP TABLE b09_emptied_and_dropped.lists CASCADE;
