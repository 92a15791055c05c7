"""The command line: verbs, and the one boundary where every failure becomes words and an exit code.

Surprising: this is the only broad ``except`` of the program. An unexpected exception is a bug: exit 70, a report
without values beside the runs, never a traceback on the terminal.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import typer

from stagecopy import __version__
from stagecopy.cli import (
    backup,
    clone,
    demo,
    doctor,
    init,
    masks,
    migration,
    recover,
    refresh,
    report,
    snapshot,
    staging,
    status,
    trial,
)
from stagecopy.cli.options import CURRENT, Config, Json, Quiet, Verbose, session
from stagecopy.cli.shell import drop_redirections
from stagecopy.errors import StagecopyError, TerminatedError
from stagecopy.redact import scrub

app = typer.Typer(
    name="stagecopy",
    help="Clone production PostgreSQL, masked, and see what a migration does to the data before production does.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
init.register(app)
doctor.register(app)
status.register(app)
refresh.register(app)
app.add_typer(staging.app, name="staging")
app.add_typer(clone.app, name="clone")
app.add_typer(snapshot.app, name="snapshot")
app.add_typer(backup.app, name="backup")
app.add_typer(masks.app, name="masks")
trial.register(app)
app.add_typer(migration.app, name="migration")
report.register(app)
recover.register(app)
demo.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"stagecopy {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    _show: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    session(config, json, quiet, verbose)


def main() -> NoReturn:
    """Run the program and exit. See docs/reference for the exit codes."""
    signal.signal(signal.SIGTERM, _terminate)
    drop_redirections(os.environ)
    CURRENT.json = "--json" in _own_words(sys.argv[1:])
    sys.exit(_run())


def _own_words(words: list[str]) -> list[str]:
    return words[: words.index("--")] if "--" in words else words


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise TerminatedError


def _run() -> int:
    try:
        result = app(prog_name="stagecopy", standalone_mode=False)
    except KeyboardInterrupt:
        return _failed(130, "interrupted", "interrupted")
    except TerminatedError:
        return _failed(143, "terminated", "ended by SIGTERM")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except StagecopyError as failure:
        return _failed(failure.exit_code, failure.code, failure.message, hint=failure.hint, where=failure.where)
    except typer.Exit as ended:
        return ended.exit_code
    except typer.Abort:
        return _failed(130, "interrupted", "interrupted")
    except Exception as failure:  # noqa: BLE001 - the one boundary
        return _usage_or_bug(failure)
    if result == 130:  # the parser caught the KeyboardInterrupt
        return _failed(130, "interrupted", "interrupted")
    return result if isinstance(result, int) else 0


def _usage_or_bug(failure: Exception) -> int:
    describe = getattr(failure, "format_message", None)  # the parser's own complaints have one
    if describe is not None:
        context = getattr(failure, "ctx", None)
        verb = context.command_path if context is not None else "stagecopy"
        if type(failure).__name__ == "NoArgsIsHelpError":  # the parser keeps its class to itself; its text is the help
            sys.stderr.write(f"{describe()}\n")
            return 2
        message = str(describe()).replace("Value error, ", "")  # which the parser's own parser puts before its words
        return _failed(2, "usage", message, hint=f"see `{verb} --help`")
    place = _bug_report(failure)
    message = f"a bug in stagecopy: {type(failure).__name__}"
    return _failed(70, "bug", message, hint=f"please report it; {place} holds what happened, without values")


def _bug_report(failure: Exception) -> Path:
    """Versions and the stack without any text of the exception: that could hold a value."""
    lines = [f"stagecopy {__version__}, Python {sys.version.split()[0]}, {sys.platform}\n"]
    error: BaseException | None = failure
    while error is not None:
        lines += [f"{type(error).__module__}.{type(error).__qualname__}\n", *traceback.format_tb(error.__traceback__)]
        error = error.__cause__ or error.__context__
    handle, name = tempfile.mkstemp(prefix="stagecopy-bug-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(scrub("".join(lines)))
    return Path(name)


def _failed(code: int, name: str, message: str, *, hint: str | None = None, where: str | None = None) -> int:
    message = scrub(message)
    if CURRENT.json and not CURRENT.documented:
        error: dict[str, Any] = {"code": name, "message": message, "hint": hint, "where": where}
        CURRENT.document({"format": 1, "exit": code, "error": error})
    place = f" ({where})" if where and where not in message else ""
    lines = [f"error: {message}{place}"]
    if hint:
        lines.append(f"next: {hint}")
    if CURRENT.last_words is not None:
        lines.append(CURRENT.last_words(message.splitlines()[0].rstrip(":"), hint))
    sys.stderr.write(scrub("\n".join(lines)) + "\n")
    return code
