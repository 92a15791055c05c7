"""Runs a migration on a clone and records what happened, statement by statement."""
