"""What lies outside the project, what is kept out of git, and YAML that would blow up."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stagecopy import yamlfile
from stagecopy.backups.identity import make_identity, recipient_of
from stagecopy.config.envfile import assignments
from stagecopy.config.load import load_project
from stagecopy.errors import UsageError
from stagecopy.flows.ignores import LINES, add, ignores


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("  export A = b c # remark", "b c"),
        ("A='b # c' # remark", "b # c"),
        (r'A="b \"c\" \\"', 'b "c" \\'),
        ("A=b#c", "b#c"),
        ("A=", ""),
        ("A='open", None),
        ("# A=b", None),
        ("A b", None),
    ],
)
def test_lines_of_an_env_file(line: str, value: str | None) -> None:
    assert [each.value for each in assignments(line)] == ([] if value is None else [value])
    assert "b" not in repr(list(assignments(line)))


def _project(folder: Path, text: str, **environ: str) -> str | None:
    (folder / "stagecopy.yaml").write_text(f"version: 1\nproject: shop\nproduction: {{url: {text}}}\n")
    environ = {"XDG_CONFIG_HOME": str(folder / "config"), "STAGECOPY_HOME": str(folder / "home"), **environ}
    return load_project(folder / "stagecopy.yaml", environ).settings.production.url


def test_the_stored_file_fills_in_what_the_environment_does_not_say(tmp_path: Path) -> None:
    assert _project(tmp_path, '"${MAIN_URL}"') is None
    stored = tmp_path / "config/stagecopy/shop.env"
    stored.parent.mkdir(parents=True)
    stored.write_text("MAIN_URL='postgresql://stored/d'\nSTAGECOPY_HOME=/elsewhere\n")
    stored.chmod(0o600)
    assert _project(tmp_path, '"${MAIN_URL}"') == "postgresql://stored/d"
    assert _project(tmp_path, '"${MAIN_URL}"', MAIN_URL="postgresql://set/d") == "postgresql://set/d"
    for mode in (0o640, 0o604):
        stored.chmod(mode)
        with pytest.raises(UsageError) as refused:
            _project(tmp_path, '"${MAIN_URL}"')
        assert refused.value.code == "env-file-mode"


@pytest.mark.parametrize("start", ["", "node_modules\n", "node_modules", "a\r\nb\r\n", "*.agekey\n"])
def test_missing_lines_are_added_once_and_nothing_else_is_touched(tmp_path: Path, start: str) -> None:
    (tmp_path / ".git").mkdir()
    path = tmp_path / ".gitignore"
    path.write_bytes(start.encode())
    path.chmod(0o664)
    (found,) = ignores(tmp_path, [".env"])
    add(found)
    written = path.read_bytes().decode()
    assert written.startswith(start)
    assert path.stat().st_mode & 0o777 == (0o664 if start else 0o644)
    lines = written.splitlines()
    assert all(lines.count(each) == 1 for each in (*LINES, "/.env"))
    assert written.count("\r\n") == (written.count("\n") if "\r" in start else 0)
    assert ignores(tmp_path, [".env"]) == []
    (more,) = ignores(tmp_path, [".env", ".env.production"])
    add(more)
    assert [line for line in path.read_text().splitlines() if line not in lines] == ["/.env.production"]
    assert path.read_text().splitlines()[-1] == lines[-1]


def test_files_are_made_only_where_they_are_used(tmp_path: Path) -> None:
    in_git = [each for each in ignores(tmp_path) if each.path.name == ".gitignore"]
    assert in_git == []
    (tmp_path / "app.Dockerfile").touch()
    assert [each.path.name for each in ignores(tmp_path)] == [".dockerignore"]


def test_git_does_ignore_what_the_lines_name(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for ignore in ignores(tmp_path, [".env"]):
        add(ignore)
    names = [".env", "shop.agekey", "keys/stagecopy-shop.key", "x/y.dump", "dump/toc.dat", "stagecopy-report.html"]
    done = subprocess.run(["git", "-C", tmp_path, "check-ignore", *names], capture_output=True, text=True, check=True)
    assert done.stdout.split() == names


def test_an_identity_decrypts_what_was_encrypted_to_it_and_is_made_once(tmp_path: Path) -> None:
    import pyrage

    path = tmp_path / "below" / "shop.agekey"
    recipient = make_identity(path)
    assert recipient is not None
    assert (path.stat().st_mode & 0o777, recipient_of(path)) == (0o600, recipient)
    sealed = pyrage.encrypt(b"rows", [pyrage.x25519.Recipient.from_str(recipient)])
    identity = pyrage.x25519.Identity.from_str(path.read_text().splitlines()[-1])
    assert pyrage.decrypt(sealed, [identity]) == b"rows"
    before = path.read_bytes()
    assert make_identity(path) is None
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]\n",
        "[" * 50_000,
        "a0: &a0 x\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)),
        "\n".join(" " * depth + "a:" for depth in range(200)),
    ],
    ids=["inside itself", "deep", "multiplied", "deep in blocks"],
)
def test_yaml_that_would_blow_up_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        yamlfile.parse(text.encode(), name="x.yaml", code="bad-config")
    assert refused.value.code == "bad-config"
