"""Disposable PostgreSQL: engines, snapshots, clones, loading. Only what carries our mark is ever destroyed."""
