"""Which folders a contained command sees besides the system's."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagecopy.trial.visible import program_folders, project_folders


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with a project, interpreters and secrets in it."""
    made = tmp_path / "people" / "somebody"
    for name in (".ssh", ".local/bin", ".pyenv/shims", ".pyenv/versions/3.11/bin", "shop/.git", "shop/app", "other"):
        (made / name).mkdir(parents=True)
    return made


def _program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _folders(home: Path, *path: Path, argv: tuple[str, ...] = ("sh",), **env: str) -> set[Path]:
    variables = {"PATH": ":".join(map(str, path)), **env}
    return set(program_folders(argv, variables, home / "shop", home))


def test_the_repository_is_the_project(home: Path) -> None:
    assert project_folders(home / "shop" / "app", home / "shop", home) == (home / "shop",)


def test_settings_elsewhere_are_seen_too(home: Path) -> None:
    assert set(project_folders(home / "shop", home / "other", home)) == {home / "shop", home / "other"}


def test_a_home_folder_is_no_project(home: Path) -> None:
    assert project_folders(home, home, home) == ()
    assert project_folders(home.parent, home.parent, home) == ()


def test_a_virtual_environment_shows_the_python_it_was_made_of(home: Path) -> None:
    base = _program(home / ".pyenv/versions/3.11/bin/python3")
    venv = home / "venvs" / "shop"
    _program(venv / "bin" / "tool", f"#!{venv}/bin/python3\n")
    (venv / "bin" / "python3").symlink_to(base)
    (venv / "pyvenv.cfg").write_text(f"home = {base.parent}\n")
    found = _folders(home, argv=(str(venv / "bin" / "tool"),))
    assert found == {venv, home / ".pyenv/versions/3.11"}
    assert _folders(home, VIRTUAL_ENV=str(venv)) >= found


def test_a_link_is_followed_and_what_env_names_is_found(home: Path) -> None:
    real = _program(home / "tools" / "node" / "bin" / "node")
    script = _program(home / "tools" / "kit" / "bin" / "kit", "#!/usr/bin/env -S node\n")
    (home / ".local/bin/kit").symlink_to(script)
    (home / ".local/bin/node").symlink_to(real)
    found = _folders(home, home / ".local/bin", argv=("kit",))
    assert found == {home / ".local/bin", home / "tools/kit", home / "tools/node"}


def test_shims_show_what_they_start(home: Path) -> None:
    _program(home / ".pyenv/shims/python3")
    assert home / ".pyenv" in _folders(home, home / ".pyenv/shims")


def test_neither_a_home_nor_what_is_above_it_is_shown(home: Path) -> None:
    _program(home / "bin" / "tool")
    found = _folders(home, home / "bin", home, Path("/"), argv=("tool",), PYTHONPATH=f"{home}:/")
    assert found == {home / "bin"}
