UPDATE b20_no_op_update.accounts SET plan = plan;
UPDATE b20_no_op_update.notes SET body = CASE id WHEN 1 THEN 'first' ELSE body END;
