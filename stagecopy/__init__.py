"""stagecopy: clone production PostgreSQL, masked, and try migrations on the copy."""

__version__ = "0.1.0"
