"""What `stagecopy trial` is given to try: files, texts, or after ``--`` a command.

Surprising: the parser drops ``--``, and then `trial -- psql x.sql` would read as two files. So it is looked for before
the parser sees the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand

from stagecopy.errors import UsageError
from stagecopy.model.migration import Migration, ToolCommand

if TYPE_CHECKING:
    from stagecopy.model.application import Query

_BEHIND = "stagecopy.words-behind-dashes"


class WordsBehindDashes(TyperCommand):
    """A verb that takes a command of somebody else's after ``--``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Cut the words at ``--``; those behind it are kept as they are."""
        if "--" in args:
            at = args.index("--")
            ctx.meta[_BEHIND] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)


def migration_of(
    context: typer.Context, files: Sequence[str], execute: Sequence[str], tool: tuple[Sequence[str], bool]
) -> Migration:
    """What is to be tried; *tool*: variables that a command gets as they are, and --uncontained. Raises UsageError."""
    from stagecopy.flows.sources import sources

    words = context.meta.get(_BEHIND)
    keep, uncontained = tool
    if words is None:
        if keep:
            raise UsageError("usage", "--env is for a command after --")
        return Migration(sources(files, execute), uncontained=uncontained)
    if files or execute or not words:
        message = "name a command after --, and then neither files nor -e"
        raise UsageError("usage", message, hint="for example: stagecopy trial -- alembic upgrade head")
    return Migration(command=ToolCommand(tuple(words), tuple(keep), uncontained))


def queries_in(paths: Sequence[Path] | None) -> tuple[Query, ...]:
    """What the running application asks, as --queries names it. Raises UsageError."""
    if not paths:
        return ()
    from stagecopy.flows.application import queries_in as read

    return read(paths)
