"""Runs a program against the clone, contained where that is possible, and tells what it said to the server.

One entry, ``run_command``; psql and migration tools alike go through it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

from stagecopy.model.server import Address
from stagecopy.trial.relay import Relay
from stagecopy.trial.sandbox import PORT, Command, Ended, start, start_uncontained
from stagecopy.trial.wire import Story


@dataclass(frozen=True, slots=True)
class CommandRun:
    """How the command ended, and all that the clone heard of it."""

    ended: Ended
    story: Story


def run_command(
    make: Callable[[int], Command],
    clone: Address,
    *,
    time_budget: float,
    contained: bool = True,
    port: int = PORT,
    one_database: bool = False,
) -> CommandRun:
    """Run the command that *make* makes for a loopback port that leads to *clone*; wait for its end.

    Contained, that port is *port*. *one_database*: no other of the server can be connected to.
    Raises NotContainedError ``not-contained``, and ProcessError where the command is
    not contained and cannot be started.
    """
    relay = Relay(clone, one_database=one_database)
    try:
        if contained:
            running = start(make(port), relay.serve)
        else:
            listener = socket.create_server(("127.0.0.1", 0), backlog=64)
            relay.serve([listener])
            running = start_uncontained(make(int(listener.getsockname()[1])))
        ended = running.wait(time_budget)
    finally:
        relay.close()
    return CommandRun(ended, relay.story)
