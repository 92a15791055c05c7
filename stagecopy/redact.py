"""Keeps secrets out of everything that leaves the process.

Surprising: the registry is process-wide on purpose. A password is remembered the moment it is read, and every text
that goes to a log, an error or a report passes ``scrub``; a forgotten parameter cannot then leak it.
"""

from __future__ import annotations

import re

MASK = "***"
_URL_PASSWORD = re.compile(r"(?P<head>\b[a-z][a-z0-9+.-]*://[^\s/@:]*:)[^\s/]*@", re.IGNORECASE)
_CONNINFO_PASSWORD = re.compile(r"(?P<head>\bpassword\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)", re.IGNORECASE)
_SHORTEST_SECRET = 4  # a shorter one would blank ordinary words

_secrets: set[str] = set()


def remember(secret: str | None) -> None:
    """Register a secret so that ``scrub`` replaces it wherever it occurs."""
    if secret and len(secret) >= _SHORTEST_SECRET:
        _secrets.add(secret)


def scrub(text: str) -> str:
    """Return *text* without remembered secrets and without passwords inside URLs or connection strings."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _URL_PASSWORD.sub(rf"\g<head>{MASK}@", text)
    return _CONNINFO_PASSWORD.sub(rf"\g<head>{MASK}", text)
