"""Fixtures for every integration test."""

from __future__ import annotations

from tests.integration.engine_fixtures import docker_engine_answers, lab, reachable_folder
from tests.integration.scratch_server import fresh_database, scratch_server

__all__ = ["docker_engine_answers", "fresh_database", "lab", "reachable_folder", "scratch_server"]
