UPDATE b28_odd_types.odd SET j = '{"a": 2}' WHERE id <= 2;
UPDATE b28_odd_types.odd SET p = point(0, 0) WHERE id <= 3;
UPDATE b28_odd_types.odd SET f = 0 WHERE f = 0;
UPDATE b28_odd_types.odd SET f = f WHERE f = 'NaN';
UPDATE b28_odd_types.odd SET n = 1.00 WHERE id <= 4;
UPDATE b28_odd_types.odd SET a = a || 5 WHERE id = 1;
DELETE FROM b28_odd_types.keyless WHERE ctid = (SELECT min(ctid) FROM b28_odd_types.keyless);
