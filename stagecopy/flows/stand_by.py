"""Starts the detached child that swaps (flows.swap) before there is anything to swap, and lets it go when there is.

Surprising: the child's own start takes longer than the swap, so it is started first and waits for its input to end.
That is also what it sees when we are killed: it then does what is written down, if anything is. This module imports
next to nothing, so that the child gets going while we still import the rest.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from stagecopy.errors import StagingError
from stagecopy.home import Home, start_child

_PATIENCE = 300.0  # seconds the parent waits for its child; the swap itself takes about one

Child = subprocess.Popen[bytes]


@contextmanager
def standing_by(home: Home) -> Iterator[Child]:
    """The child, to be let go once what it is to do is written down; at the latest when the block ends, or we do."""
    child = start_child(home, "stagecopy.flows.swap", stdin=subprocess.PIPE)
    try:
        yield child
    finally:
        let_go(child)


def let_go(child: Child) -> None:
    """Let it do its work and wait for its end. Done before: nothing to do. Raises StagingError ``swap-failed``."""
    if child.stdin is None or child.stdin.closed:
        return
    child.stdin.close()
    try:
        child.wait(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        raise StagingError("swap-failed", f"the swap did not end within {_PATIENCE:g} s") from None
