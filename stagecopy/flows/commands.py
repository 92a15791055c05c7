"""Tries a command that migrates by itself (alembic, manage.py migrate, drizzle-kit …): contained, and listened to.

Surprising: whether it migrated our clone is not a matter of faith. All its connections pass through our hands; one
that never came means that the command worked on something else, or on nothing: ``not-our-clone``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from stagecopy.config.envfile import assignments
from stagecopy.config.load import Project
from stagecopy.errors import MigrationFailedError, StagecopyError, StagingError
from stagecopy.files import read_json, write_json
from stagecopy.flows.stage import Stage, connected
from stagecopy.flows.workplace import Workplace
from stagecopy.model.effects import Effects
from stagecopy.model.findings import Fidelity
from stagecopy.model.migration import (
    MigrationRun,
    RunError,
    SourceFile,
    StatementRun,
    ToolCommand,
    ToolRun,
    fingerprint,
)
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.dsn import Dsn
from stagecopy.postgres.failures import sqlstate_of, template_of
from stagecopy.postgres.sessions import end_sessions
from stagecopy.redact import scrub
from stagecopy.trial import sandbox
from stagecopy.trial.beside import watched
from stagecopy.trial.commanding import CommandRun, run_command
from stagecopy.trial.effects import EffectsWatch
from stagecopy.trial.environment import Scrubbed, Wishes, scrubbed
from stagecopy.trial.saying import last_lines
from stagecopy.trial.surroundings import Surroundings
from stagecopy.trial.told import ToldError
from stagecopy.trial.visible import program_folders, project_folders
from stagecopy.trial.wire import Seen, Story

_NOTE = "uncontained.json"
_CANCELED = "57014"
_HINT = "to let commands run here with nothing but a scrubbed environment, say so once, with --uncontained"
_NOT_FOUND = 127  # as a shell says it
Tell = Callable[[MigrationRun, CommandRun], MigrationRun]


@cache
def _trouble() -> str | None:
    return sandbox.trouble()


def check_containment(work: Workplace, command: ToolCommand) -> None:
    """Refuse what cannot be contained here, until told once. Raises StagingError ``not-contained``."""
    _folders(work.project)
    reason = _trouble()
    note = work.home.path / _NOTE
    if reason is None or read_json(note):
        return
    if not command.uncontained:
        raise StagingError("not-contained", f"the command cannot be contained here: {reason}", hint=_HINT)
    write_json(note, {"format": 1, "reason": reason})


def containment(run: MigrationRun) -> tuple[Fidelity, ...]:
    """That a command could reach more than the clone, if so."""
    if run.tool is None or run.tool.contained:
        return ()
    message = f"the command was not contained: it could reach the network and its user's files ({_trouble()})"
    return (Fidelity("not-contained", message),)


def perform_command(stage: Stage, command: ToolCommand, *, tell: Tell | None = None) -> tuple[MigrationRun, Effects]:
    """Run *command* to its end and tell what the clone heard of it. Raises MigrationFailedError ``not-our-clone``.

    *tell*: what more is known of such a command, put into what is told of the run.
    """
    with closing(connect_staging(stage.pair.after)) as observer:
        with closing(connected(stage.login)) as own:
            watch = EffectsWatch(observer, own, None)
        around = Surroundings.read(observer, observer.info.dbname)
        with watched(stage.pair.after, observer) as beside:
            ran = _run(stage, command)
        end_sessions(observer, ran.run.story.processes)
        if not ran.run.story.sessions:
            raise _not_our_clone(command, ran)
        run = _told(stage, command, ran)
        run = tell(run, ran.run) if tell else run
        left_open = around.left_prepared() or run.left_open
        run = replace(run, wal_bytes=around.wal_bytes(), left_open=left_open)
        effects = watch.effects()
        run = beside.told(run, effects, lock_slots=stage.lock_slots)
        return run, _named_only(effects, run)


@dataclass(frozen=True, slots=True)
class _Ran:
    argv: tuple[str, ...]
    run: CommandRun
    environment: Scrubbed
    contained: bool


def _run(stage: Stage, command: ToolCommand) -> _Ran:
    project, contained = stage.work.project, _trouble() is None
    production = _production(project)
    wishes = Wishes(drop=project.settings.trial.scrub, keep=command.keep)
    clean = partial(scrubbed, os.environ, _env_files(project), production)
    port = sandbox.PORT if production is None or production.get("port") not in (None, "5432") else sandbox.PORT + 1
    clone = stage.login

    def environment(at: int) -> Scrubbed:
        reached = Address("127.0.0.1", at, clone.user, clone.password, clone.database)
        return clean(reached, wishes=wishes)

    def made(at: int) -> sandbox.Command:
        env = dict(environment(at).variables)
        home = Path(env.get("HOME", "/nonexistent"))
        return sandbox.Command(
            argv=command.argv,
            cwd=Path.cwd(),
            env=env,
            project=_folders(project),
            readable=(*program_folders(command.argv, env, Path.cwd(), home), *map(Path, command.reads)),
            hidden=_hidden_paths(stage.work),
            port=at,
        )

    budget = project.settings.trial.time_budget
    try:
        one = command.one_database
        run = run_command(made, clone, time_budget=budget, contained=contained, port=port, one_database=one)
    except sandbox.NotContainedError as failure:
        failure.hint = _HINT
        raise
    return _Ran(command.argv, run, environment(port), contained)


def _folders(project: Project) -> tuple[Path, ...]:
    """What of the project the command sees. Raises StagingError ``not-contained``."""
    cwd = Path.cwd().resolve()
    found = project_folders(cwd, project.folder, Path.home())
    if not any(cwd.is_relative_to(each) for each in found):
        message = f"a command started in {cwd} would see a home folder or more, and that is nobody's project"
        raise StagingError("not-contained", message, hint="start it in the project's own folder")
    return found


def _hidden_paths(work: Workplace) -> tuple[Path, ...]:
    settings = work.project.settings
    named = (settings.masking.key_file, settings.backups.store)
    paths = [work.project.path(each) for each in named if each and "://" not in each]
    return tuple(each.resolve() for each in (work.home.path, *paths))


def _production(project: Project) -> Dsn | None:
    try:
        return project.production()
    except StagecopyError:
        return None


def _env_files(project: Project) -> Mapping[str, str]:
    """What the .env of the project says; that of the folder we are in wins."""
    found: dict[str, str] = {}
    for folder in dict.fromkeys((project.folder, Path.cwd())):
        try:
            text = (folder / ".env").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found |= {each.name: each.value for each in assignments(text)}
    return found


def _told(stage: Stage, command: ToolCommand, ran: _Ran) -> MigrationRun:
    ended, story = ran.run.ended, ran.run.story
    statements = tuple(_statement(n, each) for n, each in enumerate(story.seen, 1))
    error = None
    if ended.timed_out:
        budget = stage.work.project.settings.trial.time_budget
        error = RunError(len(statements), None, f"the time budget of {budget:g} s is used up", _CANCELED)
    elif ended.code != 0:
        error = _error(story, _tail(ran))
    return MigrationRun(
        sha256=fingerprint([SourceFile("", each.sql.encode()) for each in statements]),
        seconds=ended.seconds,
        statements=statements,
        error=error,
        left_open=story.left_open,
        wal_bytes=None,
        timed_out=ended.timed_out,
        tool=_tool(command, ran),
    )


def _statement(n: int, seen: Seen) -> StatementRun:
    return StatementRun(n, None, seen.sql, seen.seconds, seen.rows, seen.tag, None, seen.began)


def _error(story: Story, tail: str) -> RunError:
    """The last statement that failed, or what the command itself said."""
    failed = [(n, each) for n, each in enumerate(story.seen, 1) if each.error is not None]
    if not failed:
        return RunError(len(story.seen), None, tail or "it said nothing", "")
    number, seen = failed[-1]
    assert seen.error is not None  # noqa: S101 - chosen so
    failure = ToldError(seen.error)
    return RunError(number, None, template_of(failure, source=seen.sql), sqlstate_of(failure))


def _tool(command: ToolCommand, ran: _Ran) -> ToolRun:
    environment, ended = ran.environment, ran.run.ended
    words = tuple(scrub(word) for word in command.argv)
    return ToolRun(
        words,
        ended.code,
        ran.run.story.sessions,
        environment.replaced,
        environment.removed,
        ran.contained,
        _tail(ran),
        _next_step(ran) if ended.code else None,
    )


def _tail(ran: _Ran) -> str:
    """The end of what it wrote, without secrets and without lines that may quote a row."""
    seen = ran.run.story.seen
    known = (*ran.argv, *ran.environment.variables, *ran.environment.removed, *(each.sql for each in seen))
    errors = [(each.sql, each.error) for each in seen if each.error]
    templates = {error.get("M"): template_of(ToldError(error), source=sql) for sql, error in errors if error.get("M")}
    return scrub(last_lines(_output(ran), known=known, templates=templates))


def _output(ran: _Ran) -> str:
    return ran.run.ended.stderr if ran.run.ended.stderr.strip() else ran.run.ended.stdout


def _next_step(ran: _Ran) -> str | None:
    """What the command lacked, if that is known."""
    variables, removed = ran.environment.variables, ran.environment.removed
    program, said = ran.argv[0], _output(ran)
    if shutil.which(program, path=variables.get("PATH")) is None:
        return f"there is no program {scrub(program)} here: install it, or start it as the project does (npx …)"
    if wanted := [name for name in removed if re.search(rf"\b{re.escape(name)}\b", said)]:
        names, words = ", ".join(wanted), " ".join(f"--env {name}" for name in wanted)
        return f"it asks for {names}, left out of its environment as a secret: pass what is harmless with {words}"
    if ran.run.ended.code == _NOT_FOUND:
        return "a program that it starts was not found: it sees those in PATH, in the project and of the system"
    return None


def _not_our_clone(command: ToolCommand, ran: _Ran) -> MigrationFailedError:
    name, ended, tail = scrub(command.argv[0]), ran.run.ended, _tail(ran)
    refused = ran.run.story.refused
    if refused:
        what = f"the clone did not let {name} in ({template_of(ToldError(refused[-1]))})"
    else:
        what = f"{name} never connected to the clone"
    end = "was still running when its time was used up" if ended.timed_out else f"ended with exit code {ended.code}"
    message = f"{what}, and {end}" + (f":\n{tail}" if tail else "")
    missing = ", ".join(ran.environment.removed)
    hint = "it must take its database from DATABASE_URL or the PG* variables, not from a file that names another"
    if missing:
        hint += f"; left out of its environment: {missing} (--env NAME passes one)"
    return MigrationFailedError("not-our-clone", message, hint=_next_step(ran) or hint)


def _named_only(effects: Effects, run: MigrationRun) -> Effects:
    """Of tables with hidden rows those that the command spoke of."""
    text = "\n".join(each.sql for each in run.statements).lower()
    return replace(effects, hidden=tuple(each for each in effects.hidden if each.table.lower() in text))
