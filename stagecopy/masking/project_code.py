"""Functions of the project's own that mask values: in a .py file inside its folder, loaded by file.

Surprising: nothing is imported by name and no search path changes, so neither a package that happens to be installed
nor a file elsewhere can take part, and no compiled copy is left in the folder. What the code raises is never quoted: it
may hold a value.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

_CALL = re.compile(r"(?P<file>[^:]+\.py):(?P<function>[A-Za-z_]\w*)")
_SETTINGS = "stagecopy.yaml"

Function = Callable[[list[str], list[str]], Sequence[str | None]]


class CodeError(ValueError):
    """The project's code cannot be used, or did not do what it has to. The message holds no value."""


def call_problem(call: str) -> str | None:
    """What is wrong with how a function is named, or None."""
    return None if _CALL.fullmatch(call) else "needs `call: FILE.py:FUNCTION`, a file beside stagecopy.yaml"


def project_folder(where: str) -> Path:
    """The folder of the project that the rule at *where* (file:line) belongs to."""
    rules = Path(where.rpartition(":")[0] or where).resolve()
    above = [each for each in rules.parents if (each / _SETTINGS).is_file()]
    return above[0] if above else rules.parent


def source(call: str, where: str) -> Path:
    """The file of the function that *call* names in the project of the rule at *where*. Raises CodeError."""
    found = _CALL.fullmatch(call)
    if found is None:
        raise CodeError(str(call_problem(call)))
    folder = project_folder(where)
    path = (folder / found["file"]).resolve()
    if not path.is_relative_to(folder):
        raise CodeError(f"{found['file']} is outside the project's folder")
    if not path.is_file():
        raise CodeError(f"there is no file {found['file']} beside {_SETTINGS}")
    return path


def function(call: str, where: str) -> Function:
    """The function that *call* names in the project of the rule at *where*. Raises CodeError."""
    path = source(call, where)
    name = call.rpartition(":")[2]
    wanted = getattr(_module(path, path.stat().st_mtime_ns), name, None)
    if not callable(wanted):
        raise CodeError(f"{path.name} has no function {name}")
    made: Function = wanted
    return made


@functools.cache
def _module(path: Path, changed: int) -> ModuleType:
    module = ModuleType(f"stagecopy_project_{path.stem}_{changed}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    said = functools.partial(_unloadable, path)
    try:
        _guarded(lambda: exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__), said)  # noqa: S102
    except CodeError:
        del sys.modules[module.__name__]
        raise
    return module


def called(used: Function, values: list[str], digests: list[str]) -> list[str | None]:
    """What the function makes of a batch. Raises CodeError."""
    masked = _guarded(
        lambda: used(list(values), list(digests)), lambda failure: f"the function raised {type(failure).__name__}"
    )
    if not isinstance(masked, list) or len(masked) != len(values):
        raise CodeError("the function returned no list of as many values as it got")
    if not all(each is None or (isinstance(each, str) and "\0" not in each) for each in masked):
        raise CodeError("the function returned something that is neither text nor None")
    return masked


def _guarded(run: Callable[[], Any], said: Callable[[BaseException], str]) -> Any:
    """What *run* returns. It may raise anything, and end the program as well: all becomes a CodeError."""
    try:
        return run()
    except BaseException as failure:
        if isinstance(failure, KeyboardInterrupt):
            raise
        raise CodeError(said(failure)) from None


def _unloadable(path: Path, failure: BaseException) -> str:
    return f"{path.name} cannot be loaded{_line(failure, path)} ({type(failure).__name__})"


def _line(failure: BaseException, path: Path) -> str:
    if isinstance(failure, SyntaxError):
        return f" (line {failure.lineno})"
    lines, frame = [], failure.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == str(path):
            lines.append(frame.tb_lineno)
        frame = frame.tb_next
    return f" (line {lines[-1]})" if lines else ""
