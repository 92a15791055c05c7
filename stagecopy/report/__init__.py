"""Arranges results for people and programs. Reports never judge, and write only where they are told to."""
