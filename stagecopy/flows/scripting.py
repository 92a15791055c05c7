"""Tries files that only psql can run (meta-commands, COPY FROM STDIN with its data) with psql itself.

Surprising: nothing is forbidden by its spelling. ``\\!``, ``\\copy … program`` and ``\\connect`` run, where there is
nothing to reach but the clone's one database. An error stops the trial's verdict even where the file tells psql to go
on after errors: psql would end with 0, and nobody would have noticed.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from stagecopy.errors import UsageError
from stagecopy.flows.commands import check_containment, perform_command
from stagecopy.flows.stage import Stage
from stagecopy.flows.workplace import Workplace
from stagecopy.model.effects import Effects
from stagecopy.model.migration import (
    Migration,
    MigrationRun,
    RanFile,
    RunError,
    SourceFile,
    StatementRun,
    ToolCommand,
)
from stagecopy.postgres.binaries import client_tools
from stagecopy.postgres.failures import sqlstate_of, template_of
from stagecopy.redact import scrub
from stagecopy.trial.commanding import CommandRun
from stagecopy.trial.lexer import only_psql
from stagecopy.trial.told import ToldError
from stagecopy.trial.whereabouts import Whereabouts, undone

# Only SQLSTATEs: what the server says is read on the wire, and what psql prints of it may quote rows.
_OPTIONS = ("-X", "-w", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate", "-v", "SHOW_CONTEXT=never",
            "-o", "/dev/null")  # fmt: skip
_SAID = re.compile(r"^psql:(?P<file>.+?):(?P<line>\d+): (?:\w+: +)?(?P<text>.*)$")
_BRINGS_PSQL = (None, "Sqitch")
_OPEN_FOLDERS = frozenset(map(Path, ("/", "/tmp", "/var/tmp", "/home", "/root")))  # noqa: S108 - not to be shown


def needs_psql(files: Sequence[SourceFile]) -> bool:
    """Whether one of *files* does. Raises UsageError ``needs-psql`` where its own tool could not run it."""
    found = [file for file in files if only_psql(file) is not None]
    for file in found:
        if file.tool not in _BRINGS_PSQL:
            what, line = only_psql(file) or ("", 0)
            message = f"{file.name} contains {what}, which only psql can run, and it is laid out for {file.tool}"
            raise UsageError("needs-psql", message, hint="leave it out of the file", where=f"{file.name}:{line}")
    return bool(found)


def check_script(work: Workplace, *, uncontained: bool) -> None:
    """Refuse where psql cannot be contained, until told once. Raises StagingError ``not-contained``."""
    check_containment(work, ToolCommand(("psql",), uncontained=uncontained))


def perform_script(stage: Stage, migration: Migration) -> tuple[MigrationRun, Effects]:
    """Run the files of *migration* in one session of psql."""
    files = migration.files
    with _on_disk(stage, files) as script:
        command = ToolCommand(script.argv, reads=script.reads, one_database=True)
        names = {path: file.name for path, file in zip(script.paths, files, strict=True)}

        def tell(run: MigrationRun, ran: CommandRun) -> MigrationRun:
            return replace(_told(run, ran, files, names), sha256=migration.sha256, skipped=migration.skipped)

        return perform_command(stage, command, tell=tell)


@dataclass(frozen=True, slots=True)
class _Script:
    """psql's words, the paths it is given in the order of the files, and what it has to see."""

    argv: tuple[str, ...]
    paths: tuple[str, ...]
    reads: tuple[str, ...]


@contextmanager
def _on_disk(stage: Stage, files: Sequence[SourceFile]) -> Iterator[_Script]:
    with tempfile.TemporaryDirectory(prefix="stagecopy-psql-") as name:
        folder = Path(name)
        paths = [_path(file, folder / f"{n}.sql") for n, file in enumerate(files, 1)]
        psql = _program(stage, folder)
        argv = (str(psql), *_OPTIONS, *_words(files, paths))
        reads = (name, *(str(_shown(path)) for path in paths))
        yield _Script(argv, tuple(map(str, paths)), reads)


def _words(files: Sequence[SourceFile], paths: Sequence[Path]) -> Iterator[str]:
    """Each file, in a transaction where one is asked for."""
    if any(file.transaction == "single" for file in files):
        yield "-1"
    for file, path in zip(files, paths, strict=True):
        around = file.transaction == "file"
        yield from (("-c", "BEGIN") if around else ())
        yield from ("-f", str(path))
        yield from (("-c", "COMMIT") if around else ())


def _path(file: SourceFile, copy: Path) -> Path:
    """Its own path, so that it finds what lies beside it; text from elsewhere becomes a file."""
    path = Path(file.name).absolute()
    if path.is_file() and path.read_bytes() == file.text:
        return path
    copy.write_bytes(file.text)
    return copy


def _shown(path: Path) -> Path:
    folder = path.parent
    return path if folder in _OPEN_FOLDERS or folder in (Path.home(), *Path.home().parents) else folder


def _program(stage: Stage, folder: Path) -> Path:
    """psql of the clone's major. The folder of our own state is hidden from it, so from there it is copied."""
    cache = stage.work.home.binaries
    found = Path(client_tools(stage.snapshot.engine.major, cache=cache).folder)
    if not found.is_relative_to(cache):
        return found / "psql"
    copied = shutil.copytree(found.parent, folder / "programs", symlinks=True)
    return copied / found.name / "psql"


def _told(run: MigrationRun, ran: CommandRun, files: Sequence[SourceFile], names: dict[str, str]) -> MigrationRun:
    """The run with lines of the files, and the first error that psql met."""
    where = Whereabouts(files)
    places = [where.next(each.sql) for each in run.statements]
    statements = [
        replace(each, line=place[1] if place else None, file=place[0] if place else None)
        for each, place in zip(run.statements, places, strict=True)
    ]
    error = run.error
    if not run.timed_out:
        failed = next((n for n, each in enumerate(ran.story.seen) if each.error is not None), None)
        if failed is not None:
            error = _server_error(failed, ran, statements, places[failed])
        elif ran.ended.code != 0:
            error = _own_error(ran, len(statements) + 1, names)
            statements.append(StatementRun(error.statement, error.line, _source_line(error, files), 0.0, None, ""))
    tool = replace(run.tool, output="") if run.tool else None  # what it printed are rows
    ways = tuple(_ran(file) for file in files)
    return replace(
        run,
        statements=tuple(statements),
        error=error,
        undone=undone(statements[: error.statement] if error else statements),
        files=ways,
        tool=tool,
    )


def _ran(file: SourceFile) -> RanFile:
    return RanFile(file.name, file.tool, file.transaction, tuple(each.name for each in file.included), file.unread)


def _server_error(
    index: int, ran: CommandRun, statements: Sequence[StatementRun], place: tuple[str, int] | None
) -> RunError:
    seen = ran.story.seen[index]
    assert seen.error is not None  # noqa: S101 - chosen so
    failure = ToldError(seen.error)
    position = seen.error.get("P")
    further = seen.sql[: int(position) - 1].count("\n") if position.isdecimal() else 0
    line = statements[index].line
    message = template_of(failure, source=seen.sql)
    file = place[0] if place else None
    return RunError(index + 1, line + further if line else None, message, sqlstate_of(failure), file)


def _own_error(ran: CommandRun, number: int, names: dict[str, str]) -> RunError:
    """What psql itself refused: a file that is missing, another database, a word it does not know."""
    said = [found for line in ran.ended.stderr.splitlines() if (found := _SAID.match(line))]
    if not said:
        return RunError(number, None, f"psql ended with exit code {ran.ended.code}", "")
    last = said[-1]
    return RunError(number, int(last["line"]), scrub(last["text"]), "", names.get(last["file"], last["file"]))


def _source_line(error: RunError, files: Sequence[SourceFile]) -> str:
    """What stands in that line of a file of the migration."""
    text = next((file.text for file in files if file.name == error.file), b"").decode("utf-8", "replace")
    lines = text.splitlines()
    return lines[error.line - 1].strip() if error.line and error.line <= len(lines) else "a command of psql"
