"""Frozen values that pass between the parts; no I/O."""
