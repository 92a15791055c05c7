"""Finds the lines of statements that psql sent, and how many of them did not last, from what the server heard.

Surprising: psql does not say which line a statement came from, and one built of variables, by ``\\gexec`` or in a file
that another includes stands in none of ours: it has no line then.
"""

from __future__ import annotations

from collections.abc import Sequence

from stagecopy.model.migration import SourceFile, StatementRun

_BEGINS = ("BEGIN", "START TRANSACTION")
_ENDS = ("COMMIT", "ROLLBACK", "PREPARE TRANSACTION")


class Whereabouts:
    """Asked for statements in the order they ran; each is looked for behind the one before."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self._texts = [(file.name, file.text.decode("utf-8", "replace")) for file in files]
        self._file = 0
        self._at = 0

    def next(self, sql: str) -> tuple[str, int] | None:
        """File and line where *sql* begins, or None."""
        for index in range(self._file, len(self._texts)):
            name, text = self._texts[index]
            found = text.find(sql, self._at if index == self._file else 0)
            if found >= 0:
                self._file, self._at = index, found + len(sql)
                return name, text.count("\n", 0, found) + 1
        return None


def undone(statements: Sequence[StatementRun]) -> int:
    """How many of those that went well were rolled back with the last one, which failed, or with the session's end."""
    since: int | None = None
    for n, each in enumerate(statements):
        if each.tag in _BEGINS and since is None:
            since = n
        elif each.tag in _ENDS:
            since = None
    return 0 if since is None else sum(bool(each.tag) for each in statements[since:])
