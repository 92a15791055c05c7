"""What databases and roles of ours are called on a server that others use too, and the mark on each.

Surprising: the mark is the comment, which everybody on that server can read without connecting to the database. It
names the project and the home it is worked on from, for two people may have one project, one server and two homes.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass

from stagecopy.staging.mark import Mark, mark_from

_LONGEST = 63  # bytes of a name in PostgreSQL
_SAID = "stagecopy "
_RUN = re.compile(r"-[0-9]{8}-[0-9]{6}-[0-9a-f]{4}$")
_PRODUCTION = "role"


def fitted(name: str) -> str:
    """*name*, or its beginning and a hash of all of it where it is too long for a server."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[:52]}~{hashlib.sha256(name.encode()).hexdigest()[:10]}"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one project, worked on from one place."""

    project: str
    place: str

    @property
    def owner(self) -> str:
        """Whose things they are, as marks say."""
        return f"{self.project}.{self.place}"

    @property
    def prefix(self) -> str:
        """What names of databases begin with."""
        return f"stagecopy.{self.owner}."

    def database(self, name: str) -> str:
        """The database that the data directory *name* is."""
        return fitted(self.prefix + name)

    def public(self, name: str) -> str:
        """What it is called while it is served: the same for all that are served one after another."""
        return self.database(_RUN.sub("", name))

    @property
    def served(self) -> str:
        """The role that people log in as."""
        return fitted(f"stagecopy.{self.owner}")

    @property
    def keeper(self) -> str:
        """The role that owns the databases, so that no role of production can drop or alter one."""
        return self._role("keeper")

    @property
    def stand_in(self) -> str:
        """The role that owns what in production belongs to roles we may not use here."""
        return self._role("owner")

    @property
    def makers(self) -> str:
        """The group that may create in every schema while one is loaded."""
        return self._role("makers")

    def login(self, database: str) -> str:
        """The role a trial logs in as, in the one database it is made for."""
        return self._role(f"trial-{hashlib.sha256(database.encode()).hexdigest()[:8]}")

    def _role(self, word: str) -> str:
        return fitted(f"stagecopy.{self.owner}.{word}")


def words_of(mark: Mark) -> str:
    """The comment that is our mark."""
    return _SAID + json.dumps(asdict(mark))


def mark_in(comment: str | None) -> Mark | None:
    """The mark that a comment is, or None."""
    document = _document(comment)
    return mark_from(document) if document else None


def words_of_role(owner: str) -> str:
    """The comment on a role of production, made by *owner*; others of ours may use it too."""
    return _SAID + json.dumps({_PRODUCTION: "of production", "made_by": owner})


def is_productions(comment: str | None) -> bool:
    """Whether a role was made by one of us for production's of that name."""
    document = _document(comment)
    return document is not None and _PRODUCTION in document


def _document(comment: str | None) -> dict[str, object] | None:
    if comment is None or not comment.startswith(_SAID):
        return None
    try:
        document = json.loads(comment.removeprefix(_SAID))
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
