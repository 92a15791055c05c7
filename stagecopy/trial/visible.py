"""Which folders a contained command has to see besides the system's: its own program, its interpreter, its modules.

Surprising: programs of a project seldom lie where the system's do. A virtual environment's python is a link to one in
somebody's home, which in turn has its library beside it; so every link, every ``#!`` line and every pyvenv.cfg is
followed, and of a home folder only the program's own folder is shown, never the home.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix", "/snap")
_NEVER = ("/", "/tmp", "/var", "/var/lib", "/run", "/home", "/root", "/proc", "/sys", "/dev", "/mnt", "/media",  # noqa: S108
          "/srv", "/data", "/Users")  # fmt: skip
_SHARED = (".local", ".config", ".cache", ".ssh")  # folders of a home that hold more than a program
_SHIMS = "shims"  # of pyenv, rbenv, asdf, mise: scripts that start what lies beside this folder
_VENV_HOME = re.compile(r"^home\s*=\s*(.+?)\s*$", re.MULTILINE)
_DEEPEST = 40


def project_folders(cwd: Path, config: Path, home: Path) -> tuple[Path, ...]:
    """The project a command works in: the repository or folder it is started from, and that of the settings.

    Never a home folder, nor one above it: of those only the folder itself stays, which then is not shown.
    """
    found = [each for each in (_repository(cwd.resolve()), config.resolve()) if not _too_much(each, home)]
    return tuple(each for each in dict.fromkeys(found) if not any(other in each.parents for other in found))


def program_folders(argv: Sequence[str], env: Mapping[str, str], cwd: Path, home: Path) -> tuple[Path, ...]:
    """Folders to show read-only so that *argv* and what PATH names can run. What is gone is not among them."""
    search = [cwd / each for each in env.get("PATH", "").split(":") if each]
    wanted: dict[Path, None] = {}
    program = _found(argv[0], search, cwd) if argv else None
    named = [Path(env["VIRTUAL_ENV"]) / "bin" / "python3"] if env.get("VIRTUAL_ENV") else []
    for start in (*([program] if program else []), *named, *_interpreters(search)):
        wanted |= dict.fromkeys(_needed(start, search, home))
    wanted |= dict.fromkeys(each for each in search if each.is_dir())
    wanted |= dict.fromkeys(each.parent for each in search if each.name == _SHIMS)
    wanted |= dict.fromkeys(cwd / each for each in env.get("PYTHONPATH", "").split(":") if each)
    shown = {each.resolve() for each in wanted} | {each.absolute() for each in wanted}
    return tuple(sorted(each for each in shown if not _of_the_system(each) and not _too_much(each, home)))


def _repository(cwd: Path) -> Path:
    return next((each for each in (cwd, *cwd.parents) if (each / ".git").exists()), cwd)


def _too_much(folder: Path, home: Path) -> bool:
    return str(folder) in _NEVER or folder in (home, *home.parents) or folder.parent == Path("/home")


def _of_the_system(folder: Path) -> bool:
    return any(folder.is_relative_to(each) for each in _SYSTEM)


def _found(name: str, search: Sequence[Path], cwd: Path) -> Path | None:
    places = [cwd / name] if "/" in name else [each / name for each in search]
    return next((each for each in places if each.is_file()), None)


def _interpreters(search: Sequence[Path]) -> Iterator[Path]:
    for name in ("python3", "python", "node", "ruby", "php", "java", "psql"):
        yield from (each / name for each in search if (each / name).is_file())


def _needed(start: Path, search: Sequence[Path], home: Path) -> Iterator[Path]:
    """The folders of *start*, of what it links to, and of what runs it."""
    todo, seen = [start], set[Path]()
    while todo and len(seen) < _DEEPEST:
        path = todo.pop()
        if path in seen or not path.exists():
            continue
        seen.add(path)
        yield from _around(path, home)
        if path.is_symlink():
            todo.append(path.parent / path.readlink())
        else:
            todo += [path.parent.resolve() / path.name] if path.parent != path.parent.resolve() else []
            todo += _interpreter(path, search)
        todo += _base(path.parent.parent)


def _around(path: Path, home: Path) -> Iterator[Path]:
    """Its installation where it has one of its own (``X/bin/program``), else the folder it is in."""
    top = path.parent.parent
    own = path.parent.name in ("bin", "sbin", "Scripts") and not _too_much(top, home) and top.name not in _SHARED
    yield top if own else path.parent


def _interpreter(script: Path, search: Sequence[Path]) -> list[Path]:
    with script.open("rb") as file:
        line = file.readline(300)
    if not line.startswith(b"#!"):
        return []
    words = shlex.split(line[2:].decode("utf-8", "replace"))
    if words and Path(words[0]).name == "env":
        names = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        found = _found(names[0], search, script.parent) if names else None
        return [found] if found else []
    return [Path(words[0])] if words else []


def _base(top: Path) -> list[Path]:
    """The python that a virtual environment at *top* was made of."""
    try:
        found = _VENV_HOME.search((top / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return []
    return [Path(found[1]) / "python3"] if found else []
