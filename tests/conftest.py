"""For every test: what one remembers as a secret must not blank the words of another, and no test fails by its time."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest

from stagecopy import redact

hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no mistake
hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _own_secrets() -> Iterator[None]:
    kept = set(redact._secrets)
    yield
    redact._secrets.clear()
    redact._secrets.update(kept)
