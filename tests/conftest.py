"""For every test: what one remembers as a secret must not blank the words of another, and no test fails by its time."""

from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest

from stagecopy import redact

hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no mistake
hypothesis.settings.load_profile("untimed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what says once more what another test says, unless STAGECOPY_SLOW=1."""
    if os.environ.get("STAGECOPY_SLOW") == "1":
        return
    repeats = [item for item in items if _repeats(item)]
    config.hook.pytest_deselected(items=repeats)
    items[:] = [item for item in items if item not in repeats]


def _repeats(item: pytest.Item) -> bool:
    on_docker = "docker" in item.name.partition("[")[2].rstrip("]").split("-")
    return bool(item.get_closest_marker("repeat") or (on_docker and item.get_closest_marker("repeat_on_docker")))


@pytest.fixture(autouse=True)
def _own_secrets() -> Iterator[None]:
    kept = set(redact._secrets)
    yield
    redact._secrets.clear()
    redact._secrets.update(kept)
