"""One refreshed project on each engine for all tests of a file: else most of what they take would be refreshes.

Surprising: the fixtures are made by a call, ``shops, shop = shared(production, project)``, because each file has a
production of its own. ``shops(engine)`` makes the project when first asked for; ``shop`` is the one on the engine that
the test names (EMBEDDED, DOCKER or EACH_ENGINE). Tests leave the project as they found it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from typing import Any

import pytest

from stagecopy.model.server import Address
from tests.acceptance.harness import Shop
from tests.integration.engine_fixtures import docker_required

_DOCKER = pytest.param("docker", marks=pytest.mark.docker)
EMBEDDED = pytest.mark.parametrize("shop", ["embedded"], indirect=True)
DOCKER = pytest.mark.parametrize("shop", [_DOCKER], indirect=True)
EACH_ENGINE = pytest.mark.parametrize("shop", ["embedded", _DOCKER], indirect=True)

Shops = Callable[[str], Shop]


def shared(
    production: Callable[[Address], AbstractContextManager[Address]],
    project: Callable[[Address, str], AbstractContextManager[Shop]],
) -> tuple[Any, Any]:
    """The fixtures ``shops`` and ``shop``: *production* on the scratch server, once; *project* on it for an engine."""

    @pytest.fixture(scope="module")
    def shops(scratch_server: Address) -> Iterator[Shops]:
        with ExitStack() as stack:
            filled = stack.enter_context(production(scratch_server))
            yield cache(lambda engine: stack.enter_context(project(filled, engine)))

    @pytest.fixture
    def shop(request: pytest.FixtureRequest, shops: Shops) -> Shop:
        if request.param == "docker":
            docker_required()
        return shops(request.param)

    return shops, shop
