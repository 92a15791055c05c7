"""Safe ways to change a table, as steps to deploy one after the other."""
