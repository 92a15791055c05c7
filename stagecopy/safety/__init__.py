"""Judges what a migration did: policy, rules, findings."""
