"""The age identity that backups are encrypted to: made once, kept outside the project.

Surprising: the file is the one that the `age` program itself takes (``age -d -i FILE``), so that a backup can be read
without stagecopy. Without it an encrypted backup is noise, so an existing one is never overwritten.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from stagecopy.files import private_folder, write_whole
from stagecopy.redact import remember

_RECIPIENT = re.compile(r"^# public key: (age1[0-9a-z]{20,100})$", re.MULTILINE)
SECRET = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{20,}")


def make_identity(path: Path) -> str | None:
    """Write a new identity, mode 0600; one that is there stays (None). Returns its recipient, which is no secret."""
    from pyrage import x25519  # late: a compiled library that only this needs

    if path.exists():
        return None
    made = x25519.Identity.generate()
    secret, recipient = str(made), str(made.to_public())
    remember(secret)
    private_folder(path.parent)
    write_whole(path, f"# created: {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n# public key: {recipient}\n{secret}\n")
    return recipient


def recipient_of(path: Path) -> str | None:
    """The recipient an identity file names, or None."""
    try:
        found = _RECIPIENT.search(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return found[1] if found else None
