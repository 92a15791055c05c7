"""The masking key: where it comes from, what is refused, and that it stays secret."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest

from stagecopy import redact
from stagecopy.errors import UsageError
from stagecopy.masking.keys import MaskKey, read_key

SECRET = "correct horse battery staple, and then some"


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def refused(**sources: object) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_key(**{"environ": {}, "key_file": None, "key_command": None, **sources})  # type: ignore[arg-type]
    return caught.value


def test_the_three_sources_give_the_same_key(tmp_path: Path) -> None:
    path = key_file(tmp_path, f"  {SECRET}\n\n")
    keys = [
        read_key(environ={"STAGECOPY_KEY": SECRET + "\n"}, key_file=None, key_command=None),
        read_key(environ={}, key_file=path, key_command=None),
        read_key(environ={}, key_file=None, key_command=f"cat '{path}'"),
    ]
    assert {key.id for key in keys} == {MaskKey(SECRET.encode()).id}


def test_the_environment_wins_over_the_command_and_the_command_over_the_file(tmp_path: Path) -> None:
    path = key_file(tmp_path, "x" * 40)
    first = read_key(environ={"STAGECOPY_KEY": SECRET}, key_file=path, key_command="false")
    second = read_key(environ={}, key_file=path, key_command=f"echo '{SECRET}'")
    assert first.id == second.id == MaskKey(SECRET.encode()).id


def test_a_key_that_looks_like_hex_is_text() -> None:
    text = "ab" * 32
    derived = read_key(environ={"STAGECOPY_KEY": text}, key_file=None, key_command=None).derive("label")
    assert derived == hmac.new(text.encode(), b"label", hashlib.sha256).hexdigest()


def test_A30_an_unset_key_is_refused() -> None:
    failure = refused()
    assert (failure.code, failure.exit_code) == ("no-key", 2)
    assert "stagecopy init" in (failure.hint or "")
    assert refused(environ={"STAGECOPY_KEY": " \n"}).code == "no-key"


def test_a_missing_key_file_is_no_key(tmp_path: Path) -> None:
    assert refused(key_file=tmp_path / "none").code == "no-key"


def test_a_short_key_is_refused_by_bytes() -> None:
    assert refused(environ={"STAGECOPY_KEY": "x" * 31}).code == "short-key"
    assert read_key(environ={"STAGECOPY_KEY": "é" * 16}, key_file=None, key_command=None).id


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    failure = refused(key_file=key_file(tmp_path, SECRET, mode))
    assert failure.code == "key-file-mode"
    assert (failure.hint or "").startswith("chmod 600 ")


def test_A30_a_failing_command_does_not_show_what_it_printed() -> None:
    failure = refused(key_command=f"sh -c 'echo {SECRET}; exit 3'")
    assert failure.code == "key-command"
    assert "battery" not in failure.message + (failure.hint or "")
    assert refused(key_command="'unclosed").code == "key-command"
    assert refused(key_command="/no/such/program").code == "key-command"


def test_A30_the_key_is_in_no_text(tmp_path: Path) -> None:
    key = read_key(environ={"STAGECOPY_KEY": SECRET}, key_file=None, key_command=None)
    assert SECRET not in repr(key) + str(key) + key.id
    assert redact.scrub(f"a {SECRET} b") == f"a {redact.MASK} b"
    assert len(key.id) == 12


def test_a_key_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"\xff" * 40)
    path.chmod(0o600)
    assert refused(key_file=path).code == "key-not-text"
