"""Tells what differs between two physical copies of one cluster: rows, values and schema."""
