"""PostgreSQL's own client programs: pg_dump, pg_restore, psql, run so that no row value and no secret gets out.

Surprising: their stderr quotes rows (DETAIL: Key (mail)=(…)), so only the ERROR lines pass, and of what those quote
only names of objects. psql is asked to print SQLSTATEs alone. A tool never outlives us: orphaned, pg_dump would go on
reading production, with its locks, and nobody would watch whom it blocks.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from stagecopy import process
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries
from stagecopy.postgres.dsn import Dsn
from stagecopy.process import Finished, ProcessError
from stagecopy.redact import scrub

PIPE_BYTES = 1 << 20  # psql hands out whole pieces of the stream; psycopg one row a call, which costs 7 s per 11 M rows

_GOODBYE_SECONDS = 10.0
_ENGLISH = {"LC_ALL": "C"}  # what a tool says is read below; its texts' encoding is told by PGCLIENTENCODING
_ERROR_LINE = re.compile(r"(?:error|FATAL|ERROR):\s*(?P<text>.*)")
_SQLSTATE = re.compile(r"(?:ERROR|FATAL|PANIC):\s+(?P<state>[0-9A-Z]{5})\b")
_OBJECT_WORD = re.compile(
    r"(?:relation|table|column|index|constraint|schema|type|role|function|extension|database|view|sequence|trigger"
    r"|language|operator|collation|publication|policy|server|domain|parameter|library|host|user|file|directory)s?\s*$"
)
_NAME = r'(?:"(?:[^"]|"")+"|\w+)'
_COMMAND = re.compile(rf"Command was: (?P<head>(?:[A-Z]+ )+{_NAME}(?:\.{_NAME})*)")  # what it does to which object
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def settings_environment() -> str:
    """PGOPTIONS that make a tool's session read-only and its text output the same everywhere."""
    options = {
        "default_transaction_read_only": "on",
        "TimeZone": "UTC",
        "bytea_output": "hex",
        "lc_monetary": "C",
        "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        "tcp_keepalives_idle": "60",  # the tools cannot be told by variables: the server keeps the line awake
        "tcp_keepalives_interval": "15",
    }
    return " ".join(f"-c {name}={value}" for name, value in options.items())


def production_environment(dsn: Dsn, application_name: str) -> dict[str, str]:
    """The environment of a tool that reads production."""
    options = " ".join(filter(None, (dsn.get("options"), settings_environment())))
    return process.environment(
        {**dsn.environment, "PGAPPNAME": application_name, "PGOPTIONS": options, "PGCLIENTENCODING": "UTF8"}
    )


def staging_environment(address: Address) -> dict[str, str]:
    """The environment of a tool that works on a server of ours."""
    return process.environment(
        {
            **Dsn(address.more).environment,
            "PGHOST": address.host,
            "PGPORT": str(address.port),
            "PGUSER": address.user,
            "PGPASSWORD": address.password,
            "PGDATABASE": address.database,
            "PGAPPNAME": "stagecopy",
            "PGCLIENTENCODING": "UTF8",
        }
    )


def run_tool(binaries: Binaries, argv: Sequence[str | Path], env: Mapping[str, str]) -> Finished:
    """Run ``argv[0]`` of *binaries*. Raises ProcessError whose message is cleaned of row values."""
    child = start_tool(binaries, argv, env)
    try:
        stdout, stderr = child.communicate()
    except BaseException:
        _end(child)
        raise
    finished = Finished(tuple(map(str, argv)), child.returncode, stdout, stderr.decode("utf-8", "replace"))
    if finished.code != 0:
        said = f"ended by signal {-finished.code}" if finished.code < 0 else cleaned(finished.stderr)
        raise ProcessError(f"{argv[0]}: {said}", finished=finished)
    return finished


def start_tool(binaries: Binaries, argv: Sequence[str | Path], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start ``argv[0]`` of *binaries*; what it prints comes through pipes. Raises ProcessError."""
    words = [*_tether(), Path(binaries.folder, str(argv[0])), *argv[1:]]
    return process.start(
        words, env={**env, **_ENGLISH}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@cache
def _tether() -> tuple[str, ...]:
    """What to put before a tool so that the kernel ends it (SIGTERM) when we die by SIGKILL. Nothing off Linux."""
    program = shutil.which("setpriv")
    if program is None:
        return ()
    words = (program, "--pdeathsig", "TERM")
    return words if process.run([*words, "true"], check=False).code == 0 else ()  # busybox' own cannot


def _end(child: subprocess.Popen[bytes]) -> None:
    """SIGTERM, which pg_dump and pg_restore pass on to their workers and to the server; SIGKILL would orphan those."""
    child.terminate()
    try:
        child.communicate(timeout=_GOODBYE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()


def cleaned(stderr: str) -> str:
    """The error lines of a tool's stderr without quoted values, at most six of them."""
    lines = []
    for line in stderr.splitlines():
        if line.startswith(("DETAIL", "HINT", "CONTEXT", "Command was", "LINE ", "STATEMENT")):
            continue
        if match := _ERROR_LINE.search(line):
            lines.append(_without_values(match["text"]))
    command = _COMMAND.search(stderr)
    said = "; ".join(dict.fromkeys(lines[:6])) or "it failed without an error line"
    return scrub(f"{said} (in {command['head']})" if command else said)


def _without_values(text: str) -> str:
    def keep_names(quoted: re.Match[str]) -> str:
        return quoted.group(0) if _OBJECT_WORD.search(text[: quoted.start()]) else '"…"'

    return _QUOTED.sub(keep_names, text)


def copy_out(binaries: Binaries, env: Mapping[str, str], script: str) -> Iterator[bytes]:
    """What psql prints for *script*, in pieces of a megabyte.

    Raises ProcessError with ``sqlstate`` in its message when psql or the server fails, also in mid-stream.
    """
    options = ["-X", "-w", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate", "-f", "-"]
    argv: list[str | Path] = [*_tether(), Path(binaries.folder, "psql"), *options]
    child = process.start(
        argv, env={**env, **_ENGLISH}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdin is not None  # noqa: S101 - pipes were asked for
    assert child.stdout is not None  # noqa: S101
    assert child.stderr is not None  # noqa: S101
    try:
        child.stdin.write(script.encode())
        child.stdin.close()
        while piece := child.stdout.read(PIPE_BYTES):
            yield piece
        state = _SQLSTATE.search(child.stderr.read().decode("utf-8", "replace"))
        if child.wait() != 0:
            raise ProcessError(f"reading failed ({state['state'] if state else 'connection lost'})")
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        child.stdout.close()
        child.stderr.close()
