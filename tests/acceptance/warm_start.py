"""The program, imported once and forked for each run: most of a short run's time is the import of its modules.

Each test process keeps one such server. A run is what a started program is: a process of its own with its own
arguments, environment, folder and streams, `main` its only way in and out. Surprising: a run whose environment would
have changed the interpreter itself (PYTHONPATH, a locale) is started the ordinary way, as is every run that a test
leaves running, and all of them when STAGECOPY_COLD=1.

The detached children of a run (those that swap, clone ahead, end clones) are forked in the same way, with their own
words in place of ours in /proc. Those of a run that was started the ordinary way are started the ordinary way too.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

TOP = Path(__file__).parents[2]
_READ_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "POLARS_")
_ROOM = "-" * 16_000  # what a detached child writes its own words over, see _show
_STARTING = threading.Lock()  # tests run programs at the same time
_HEAVY = ("docker", "polars", "polars_hash", "psycopg", "pydantic", "rich.console")


@dataclass(frozen=True)
class Run:
    """One run of the program: its words, folder and environment, what it reads, and the seconds it may take."""

    words: Sequence[str]
    folder: Path
    environ: Mapping[str, str]
    stdin: str | None = None
    limit: float = 300

    @property
    def argv(self) -> list[str]:
        """The command line that starts it the ordinary way."""
        return [sys.executable, "-m", "stagecopy", *self.words]


def finished(run: Run) -> tuple[int, str, str]:
    """Wait for *run*; returns its exit code (below 0: minus the signal that ended it), stdout and stderr."""
    if os.environ.get("STAGECOPY_COLD") or _of_interpreter(run.environ) != _of_interpreter(start_environ()):
        ended = subprocess.run(
            run.argv, cwd=run.folder, env=run.environ, input=run.stdin, capture_output=True, text=True,
            timeout=run.limit, check=False,
        )  # fmt: skip
        return ended.returncode, ended.stdout, ended.stderr
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write((run.stdin or "").encode())
        given.seek(0)
        code = _ask(run, [given.fileno(), out.fileno(), err.fileno()])
        texts = [os.pread(each.fileno(), os.fstat(each.fileno()).st_size, 0).decode() for each in (out, err)]
        return code, texts[0], texts[1]


def _of_interpreter(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(_READ_AT_START)}


def start_environ() -> dict[str, str]:
    """What a run has of the test's own environment: nothing that names a server, and the tree under test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "STAGECOPY_"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # what a run starts itself must not compile the tree anew
    return {**kept, "PYTHONPATH": str(TOP), "NO_COLOR": "1"}


def _ask(run: Run, streams: list[int]) -> int:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(run.limit)
        with _STARTING:
            address = _server()
        line.connect(address)
        request = {"words": list(run.words), "folder": str(run.folder), "environ": dict(run.environ)}
        socket.send_fds(line, [b"{"], streams)
        line.sendall(json.dumps(request).encode()[1:])
        line.shutdown(socket.SHUT_WR)
        with line.makefile() as answer:
            pid = int(answer.readline())
            try:
                return int(answer.readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(run.argv, run.limit) from None


@cache
def _server() -> str:
    """Start this test process's server; returns its address. It ends with the test process."""
    address = f"\0stagecopy-tests-{os.getpid()}"  # abstract: no file to leave behind
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(16)
    life, ours = os.pipe()  # our end closes when we end, however that happens
    code = f"from tests.acceptance.warm_start import serve; serve({listener.fileno()}, {life})"
    argv, inherited = [sys.executable, "-c", code, _ROOM], (listener.fileno(), life)
    child = subprocess.Popen(argv, env={**start_environ(), "ROOM": _ROOM}, cwd=TOP, pass_fds=inherited)
    listener.close()
    os.close(life)
    atexit.register(_end, child, ours)
    return address


def _end(child: subprocess.Popen[bytes], life: int) -> None:
    os.close(life)
    child.wait()


def serve(listener: int, life: int) -> None:
    """Import the program, then fork a run for each connection until *life* is at its end."""
    for name in _HEAVY:
        importlib.import_module(name)
    for module in pkgutil.walk_packages([str(TOP / "stagecopy")], "stagecopy."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    gc.freeze()  # the forks write to fewer pages
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    door = socket.socket(fileno=listener)
    _children_come_from(door.getsockname())
    while life not in select.select([door.fileno(), life], [], [])[0]:
        line = door.accept()[0]
        if os.fork() == 0:
            door.close()
            os.close(life)
            _attend(line)
        line.close()


def _attend(line: socket.socket) -> NoReturn:
    """Start the run that *line* asks for, and tell its pid and then its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    text, streams, _flags, _address = socket.recv_fds(line, 1, 3)
    while part := line.recv(1 << 16):
        text += part
    told, showing = os.pipe()
    pid = os.fork()
    if pid == 0:
        line.close()
        os.close(told)
        _become(json.loads(text), streams, showing)
    os.close(showing)
    os.read(told, 1)  # until it is what it says in /proc: whoever started it may look for it there
    try:
        line.sendall(b"%d\n" % pid)
        status = os.waitpid(pid, 0)[1]
        line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    except BrokenPipeError:
        pass  # the test ended before its run
    os._exit(0)


def _become(request: dict[str, Any], streams: list[int], showing: int) -> NoReturn:
    """Be the program that was asked for, or its detached child; *showing* is closed when that can be seen."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environ"])
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - they live as long as the process
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    module = request.get("child", "stagecopy.cli.main")
    sys.argv = [str(TOP / "stagecopy/__main__.py"), *request["words"]]
    if "child" in request:
        os.setsid()
        _show([sys.executable, "-m", module, *request["words"]], request["environ"])
    os.close(showing)
    os._exit(_main(importlib.import_module(module).main))


def _main(main: Callable[[], None]) -> int:
    code: object = 1
    try:
        main()
        code = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - as the interpreter would say it
        traceback.print_exc()
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    return code if isinstance(code, int) else 0 if code is None else 1


def _show(argv: Sequence[str], environ: Mapping[str, str]) -> None:
    """Have /proc tell *argv* and *environ*, by which tests find the children of a project."""
    numbers = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    arg_start, arg_end, env_start, env_end = (int(each) for each in numbers[45:49])  # proc(5): fields 48 to 51
    told = ((arg_start, arg_end, argv), (env_start, env_end, [f"{name}={value}" for name, value in environ.items()]))
    for start, end, words in told:
        text = "".join(f"{word}\0" for word in words).encode()
        assert len(text) < end - start
        ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)


class _Child:
    """What a run needs to have of its detached child."""

    def __init__(self, line: socket.socket, stdin: int | None) -> None:
        self._line = line
        self._answer = line.makefile()
        self.stdin = None if stdin is None else os.fdopen(stdin, "wb")
        self.pid = int(self._answer.readline())

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code."""
        self._line.settimeout(timeout)
        try:
            return int(self._answer.readline())
        except TimeoutError:
            raise subprocess.TimeoutExpired("a detached child", timeout or 0) from None


def _children_come_from(address: str) -> None:
    """From now on runs ask the server at *address* for their detached children."""
    from stagecopy import home

    def forked(argv: Sequence[str | Path], *, env: Mapping[str, str], stdin: int, **_streams: object) -> _Child:
        module, *words = (str(word) for word in argv[2:])
        line, nowhere = socket.socket(socket.AF_UNIX), os.open(os.devnull, os.O_RDWR)
        line.connect(address)
        given, ours = os.pipe() if stdin == subprocess.PIPE else (os.dup(nowhere), None)
        request = {"child": module, "words": words, "folder": str(Path.cwd()), "environ": dict(env)}
        socket.send_fds(line, [b"{"], [given, nowhere, nowhere])
        line.sendall(json.dumps(request).encode()[1:])
        line.shutdown(socket.SHUT_WR)
        os.close(given)
        os.close(nowhere)
        return _Child(line, ours)

    vars(home)["start"] = forked
