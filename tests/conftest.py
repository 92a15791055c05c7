"""For every test: what one remembers as a secret must not blank the words of another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stagecopy import redact


@pytest.fixture(autouse=True)
def _own_secrets() -> Iterator[None]:
    kept = set(redact._secrets)
    yield
    redact._secrets.clear()
    redact._secrets.update(kept)
