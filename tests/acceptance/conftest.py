"""Fixtures of the acceptance tests: a production database and a project on it, for each engine in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stagecopy.model.server import Address
from tests.acceptance.harness import Shop, shop_of
from tests.integration.engine_fixtures import docker_required
from tests.integration.scratch_server import fresh_database, scratch_server

__all__ = ["fresh_database", "scratch_server"]


@pytest.fixture(params=["embedded", pytest.param("docker", marks=pytest.mark.docker)])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    if request.param == "docker":
        docker_required()
    return str(request.param)


@pytest.fixture
def shop(fresh_database: Address, engine_name: str) -> Iterator[Shop]:
    """A project whose production is an empty database of the scratch server."""
    with shop_of(fresh_database, engine_name) as made:
        yield made


@pytest.fixture
def embedded_shop(fresh_database: Address) -> Iterator[Shop]:
    """The same on the embedded engine only, for what does not depend on the engine."""
    with shop_of(fresh_database, "embedded") as made:
        yield made
