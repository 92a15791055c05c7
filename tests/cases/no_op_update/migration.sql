UPDATE no_op_update.accounts SET plan = plan;
