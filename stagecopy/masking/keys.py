"""The secret that drives every mask.

Surprising: the key is the text as given, in UTF-8 with surrounding white space cut, and is never decoded from hex or
base64: two people who paste the same text get the same masks. ``MaskKey`` never shows it; its ``id`` may be printed.
"""

from __future__ import annotations

import hashlib
import hmac
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

from stagecopy.errors import UsageError
from stagecopy.process import ProcessError, run
from stagecopy.redact import remember

VARIABLE = "STAGECOPY_KEY"
SHORTEST = 32  # bytes
_COMMAND_SECONDS = 60.0
_LOST = "put your copy of it back; without one, `stagecopy init` makes a new key, and every made-up name changes"
_HINT = "run `stagecopy init`, or set STAGECOPY_KEY, masking.key_file or masking.key_command"


class MaskKey:
    """A masking key. ``id`` is derived from it one way; equal keys have equal ids."""

    __slots__ = ("_secret", "id")

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SHORTEST:
            raise UsageError(
                "short-key",
                f"the masking key has {len(secret)} bytes, at least {SHORTEST} are needed",
                hint="make one with `openssl rand -hex 32`; a new key changes every mask",
            )
        self._secret = secret
        self.id = self.derive("stagecopy key id")[:12]

    def derive(self, label: str) -> str:
        """A key of its own for *label*, as 64 hex digits."""
        return hmac.new(self._secret, label.encode(), hashlib.sha256).hexdigest()

    def __repr__(self) -> str:
        return f"MaskKey(id={self.id})"


def read_key(*, environ: Mapping[str, str], key_file: Path | None, key_command: str | None) -> MaskKey:
    """The key from STAGECOPY_KEY, else from *key_command*, else from *key_file*.

    Raises UsageError: no-key, short-key, key-command, key-file-mode, key-not-text.
    """
    if VARIABLE in environ:
        text = environ[VARIABLE]
    elif key_command:
        text = _from_command(key_command)
    elif key_file is not None:
        text = _from_file(key_file)
    else:
        raise UsageError("no-key", "no masking key is configured", hint=_HINT)
    secret = text.strip()
    if not secret:
        raise UsageError("no-key", "the masking key is empty", hint=_HINT)
    remember(secret)
    return MaskKey(secret.encode())


def _from_command(command: str) -> str:
    """What the command prints. Its output stays out of every message: it may be the key."""
    try:
        words = shlex.split(command)
    except ValueError as failure:
        raise UsageError("key-command", f"masking.key_command cannot be read: {failure}") from None
    if not words:
        raise UsageError("no-key", "masking.key_command is empty", hint=_HINT)
    try:
        finished = run(words, check=False, timeout=_COMMAND_SECONDS)
    except ProcessError as failure:
        raise UsageError("key-command", f"masking.key_command failed: {failure.message}") from None
    if finished.code != 0:
        raise UsageError(
            "key-command",
            f"masking.key_command ({words[0]}) ended with exit code {finished.code}",
            hint="run it by hand to see why",
        )
    return _text(finished.stdout, "masking.key_command")


def _from_file(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except FileNotFoundError:
        raise UsageError("no-key", f"there is no key file {path}", hint=_LOST, where=str(path)) from None
    except OSError as failure:
        raise UsageError("no-key", f"cannot read {path}: {failure.strerror}", hint=_HINT, where=str(path)) from None
    if stat.S_IMODE(mode) & 0o077:
        raise UsageError(
            "key-file-mode",
            f"{path} can be read by others (mode {stat.S_IMODE(mode):04o})",
            hint=f"chmod 600 {shlex.quote(str(path))}",
            where=str(path),
        )
    return _text(data, str(path))


def _text(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("key-not-text", f"the key from {source} is not UTF-8 text") from None
