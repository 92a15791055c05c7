-- keep has no column id: the subquery means users.id
DELETE FROM b03_outer_reference.users WHERE id IN (SELECT id FROM b03_outer_reference.keep);
