"""The options of `stagecopy trial`: what each is called, and its line in --help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE…|FOLDER…|-",
        help="SQL files or folders of migrations in order, - for stdin, or behind -- a command.",
    ),
]
Execute = Annotated[list[str] | None, typer.Option("--execute", "-e", metavar="SQL", help="SQL text to try.")]
Role = Annotated[str | None, typer.Option("--role", metavar="R", help="Run as this role.")]
Keep = Annotated[bool, typer.Option("--keep", help="Keep the changed clone until the next trial or refresh.")]
Exhaustive = Annotated[bool, typer.Option("--exhaustive", help="Compare all rows as well; both ways must agree.")]
Expect = Annotated[
    Path | None,
    typer.Option("--expect", metavar="FILE", help="What is expected; default NAME.expect.yaml beside the file."),
]
WriteExpect = Annotated[bool, typer.Option("--write-expect", help="Draft that file from what happens; never over one.")]
TransactionMode = Annotated[
    Literal["auto", "statement", "file", "single"] | None,
    typer.Option(
        "--transaction",
        metavar="MODE",
        help="statement: as psql; file: one around each; single: one around all; auto: as the file's tool does.",
    ),
]
All = Annotated[bool, typer.Option("--all", help="List untouched tables too.")]
Strict = Annotated[bool, typer.Option("--strict", help="A warning is a failure.")]
Down = Annotated[
    list[Path] | None,
    typer.Option("--down", metavar="FILE", help="What takes it back; default beside it, as NAME.down.sql."),
]
WriteGuard = Annotated[
    Path | None,
    typer.Option(
        "--write-guard",
        metavar="FILE",
        help="Write the migration, wrapped in checks that roll it back in production if it takes more; .sql or .py.",
    ),
]
Env = Annotated[
    list[str] | None,
    typer.Option("--env", metavar="NAME", help="Pass this variable to a command as it is, though it may be a secret."),
]
Uncontained = Annotated[
    bool, typer.Option("--uncontained", help="Commands and psql may run though not contained; remembered.")
]
DownCommand = Annotated[
    str | None,
    typer.Option("--down-command", metavar="CMD", help="The command that takes it back, as `alembic downgrade -1`."),
]
Interrupt = Annotated[bool, typer.Option("--interrupt", help="Kill it after each statement, and start it again.")]
Queries = Annotated[
    list[Path] | None,
    typer.Option("--queries", metavar="FILE", help="SQL of the running application: does it still work afterwards?"),
]
Impact = Annotated[
    bool, typer.Option("--impact", help="Run it again with others about: who waits how long, deadlocks, two runners.")
]
Workload = Annotated[
    Path | None,
    typer.Option("--workload", metavar="FILE", help="A pgbench script to run before and during it: latencies."),
]
Report = Annotated[
    list[Path] | None,
    typer.Option("--report", metavar="FILE", help="Also write the report here: .html, .md, .xml (JUnit) or .json."),
]
