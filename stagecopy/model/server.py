"""How to reach a PostgreSQL server that holds staging."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote

_FOR_US = ("options", "hostaddr")  # what the people who are given a URL do not need


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server of ours listens: *host* is a name, an address or the folder of a socket.

    ``password`` never leaves through repr. ``more``: libpq's further parameters, of a server that the user named; ours
    have none, for they are on loopback without TLS.
    """

    host: str
    port: int
    user: str
    password: str
    database: str
    more: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Address({self.user}@{self.host}:{self.port}/{self.database})"

    def to(self, *, database: str | None = None, user: str | None = None, password: str | None = None) -> Address:
        """The same server, another database or role."""
        return replace(
            self,
            user=user if user is not None else self.user,
            password=password if password is not None else self.password,
            database=database if database is not None else self.database,
        )

    def setting(self, **settings: str) -> Address:
        """The same for sessions that begin with these *settings*."""
        more = dict(self.more)
        words = [more.get("options", ""), *(f"-c {name}={value}" for name, value in sorted(settings.items()))]
        more["options"] = " ".join(word for word in words if word)
        return replace(self, more=tuple(sorted(more.items())))

    @property
    def url(self) -> str:
        """A postgresql:// URL with everything percent-encoded; the folder of a socket is a parameter."""
        who = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        database = quote(self.database, safe="")
        shown = {name: value for name, value in self.more if name not in _FOR_US}
        if self.host.startswith("/"):
            shown = {"host": self.host, "port": str(self.port), **shown}
            place = f"postgresql://{who}@/{database}"
        else:
            place = f"postgresql://{who}@{_bracketed(self.host)}:{self.port}/{database}"
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in shown.items())
        return f"{place}?{query}" if query else place


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
