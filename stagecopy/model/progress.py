"""How a long verb tells how far it is. Several threads report at once, so every sink is thread-safe."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A listener of a refresh. Calls never raise and never block for long."""

    def stage(self, name: str) -> None:
        """A new step begins; the one before is over."""

    def table(self, name: str, *, bytes_total: int) -> None:
        """A table begins to load. ``bytes_total`` is an estimate, 0 when there is none."""

    def advance(self, name: str, *, rows: int, bytes_done: int) -> None:
        """So many rows and bytes more since the last call, by whichever worker of that table."""

    def finished(self, name: str, rows: int) -> None:
        """A table is loaded, with so many rows in all."""

    def note(self, text: str) -> None:
        """One line that the user should read."""
