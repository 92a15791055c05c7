"""Fixtures for every integration test."""

from __future__ import annotations

from tests.integration.scratch_server import fresh_database, scratch_server

__all__ = ["fresh_database", "scratch_server"]
