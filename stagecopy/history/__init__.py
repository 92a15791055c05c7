"""What happened: one folder per run with its log and its result."""
