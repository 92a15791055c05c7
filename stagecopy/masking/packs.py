"""Where the packs are: rules for the tables that frameworks make, named under ``use:``.

Surprising: the files stand in masking-rules/packs at the top of the source tree, for people to read; a link beside this
module brings them into the wheel.
"""

from __future__ import annotations

import functools
from pathlib import Path

_FOLDER = Path(__file__).with_name("pack_files")


@functools.cache
def names() -> tuple[str, ...]:
    """The packs there are, sorted."""
    return tuple(sorted(each.stem for each in _FOLDER.glob("*.yaml")))


def path(name: str) -> Path:
    """The file of the pack of that name."""
    return _FOLDER / f"{name}.yaml"
