"""A server's error as it was read on the wire, in the form in which all others come: so that one place says what of
its message may be shown (see postgres/failures.py)."""

from __future__ import annotations

from types import SimpleNamespace

import psycopg

from stagecopy.trial.wire import ServerError

_NAMES = {
    "message_primary": "M",
    "schema_name": "s",
    "table_name": "t",
    "column_name": "c",
    "datatype_name": "d",
    "constraint_name": "n",
    "source_file": "F",
    "source_function": "R",
    "statement_position": "P",
}


class ToldError(psycopg.Error):
    """The error that *told* describes."""

    def __init__(self, told: ServerError) -> None:
        super().__init__(told.get("C"))
        self.sqlstate = told.get("C") or None
        self._diag = SimpleNamespace(**{name: told.get(letter) or None for name, letter in _NAMES.items()})

    @property
    def diag(self) -> SimpleNamespace:  # type: ignore[override]  # the driver's own cannot be made from text
        """What the server said, by the driver's names."""
        return self._diag
