"""Options that every verb takes, before and after its name, and the session they add up to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stagecopy.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from stagecopy.config.load import Project

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="Configuration file (./stagecopy.yaml, STAGECOPY_CONFIG)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document to stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show stagecopy's own log on stderr.")]
Yes = Annotated[bool, typer.Option("--yes", help="Answer the question with yes.")]


@dataclass(slots=True)
class Session:
    """What the options say. One per process; verbs get it from ``session``."""

    config: Path | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    documented: bool = False  # whether the JSON document is out already
    last_words: Callable[[str, str | None], str] | None = field(default=None)  # a failed verb's last line: reason, hint

    def project(self) -> Project:
        """The project of the chosen config file. Raises UsageError."""
        from stagecopy.config.load import load_project

        return load_project(self.config, os.environ)

    def out(self) -> Console:
        """Results go here. Surprising: rich ends the program with 1, which means refused, when a reader has gone."""
        from rich.console import Console

        class Results(Console):
            def on_broken_pipe(self) -> None:
                self.quiet = True  # the rest is for nobody; the exit code and written reports stay what they are
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

        return Results(highlight=False)

    def err(self) -> Console:
        """Narration and errors go here."""
        from rich.console import Console

        return Console(stderr=True, highlight=False, quiet=False)

    def document(self, value: Any) -> None:
        """Print the one JSON document."""
        from stagecopy.report.plain_json import plain_json

        self.documented = True
        sys.stdout.write(plain_json(value))
        sys.stdout.flush()


CURRENT = Session()


def session(config: Path | None, json: bool, quiet: bool, verbose: bool) -> Session:
    """Add a verb's options to those given before the verb."""
    CURRENT.config = config or CURRENT.config
    CURRENT.json = json or CURRENT.json
    CURRENT.quiet = quiet or CURRENT.quiet
    CURRENT.verbose = verbose or CURRENT.verbose
    if CURRENT.verbose:
        _log_to_stderr()
    return CURRENT


def _log_to_stderr() -> None:
    import logging

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logger = logging.getLogger("stagecopy")
    if not logger.handlers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)


def confirmed(current: Session, yes: bool, question: str) -> None:
    """Ask on a terminal, take --yes elsewhere. Raises UsageError ``not-confirmed``."""
    if yes:
        return
    if sys.stdin.isatty() and not current.json:
        current.err().print(f"{question} [y/N] ", end="", markup=False)
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            return
        raise UsageError("not-confirmed", "nothing was done")
    raise UsageError("not-confirmed", f"{question} needs an answer", hint="say --yes")


def elsewhere(command: str, clone: str | None = None) -> str:
    """What to say about a URL whose port is on another machine; *command* leads it here."""
    ours = "stagecopy staging url --forward" + (f" --clone {clone}" if clone else "")
    return f"it listens on the loopback of another machine; to lead its port here:  {command}\nor:  {ours}\n"
