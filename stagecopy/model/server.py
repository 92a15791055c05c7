"""How to reach a PostgreSQL server we started."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server of ours listens: *host* is a name, an address or the folder of a socket.

    ``password`` never leaves through repr.
    """

    host: str
    port: int
    user: str
    password: str
    database: str

    def __repr__(self) -> str:
        return f"Address({self.user}@{self.host}:{self.port}/{self.database})"

    def to(self, *, database: str | None = None, user: str | None = None, password: str | None = None) -> Address:
        """The same server, another database or role."""
        return Address(
            self.host,
            self.port,
            user if user is not None else self.user,
            password if password is not None else self.password,
            database if database is not None else self.database,
        )

    @property
    def url(self) -> str:
        """A postgresql:// URL with everything percent-encoded; the folder of a socket is a parameter."""
        who = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        database = quote(self.database, safe="")
        if self.host.startswith("/"):
            return f"postgresql://{who}@/{database}?host={quote(self.host, safe='')}&port={self.port}"
        return f"postgresql://{who}@{self.host}:{self.port}/{database}"
