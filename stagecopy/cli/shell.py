"""Which PG* variables of the user's shell have a say.

Surprising: libpq reads them in our own process too, for staging as for production. A forgotten PGHOST or PGSERVICE
must not redirect a connection, so what they say about *where* goes; *how* to prove who one is (password file, service
file, TLS) stays and serves production alone, since connections to staging name all of that themselves.
"""

from __future__ import annotations

from collections.abc import MutableMapping

_PROOFS = (
    "PGPASSWORD",
    "PGPASSFILE",
    "PGSERVICEFILE",
    "PGSYSCONFDIR",
    "PGSSL",
    "PGCHANNELBINDING",
    "PGREQUIRE",
    "PGGSS",
    "PGKRBSRVNAME",
    "PGCONNECT_TIMEOUT",
)


def drop_redirections(environ: MutableMapping[str, str]) -> None:
    """Remove every PG* variable but those that prove who we are and whom we talk to."""
    for name in [each for each in environ if each.startswith("PG") and not each.startswith(_PROOFS)]:
        del environ[name]
