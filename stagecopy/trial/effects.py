"""Looks at the clone before and after the run, for what the difference alone cannot tell: who else wrote, and why.

Surprising: what row security hides is asked in the trial's own session, before the run. A superuser's session that
takes the role on would let a policy's function give it up again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import psycopg

from stagecopy.model.effects import Effects, Hidden, effects_of
from stagecopy.model.migration import SourceFile
from stagecopy.postgres.connect import Connection, staging_errors
from stagecopy.postgres.effects import beginning_settings, hidden_rows, hiding_tables, read_standing, wait_for_counters


class EffectsWatch:
    """Made before the run, asked after it when the trial's own session has ended."""

    def __init__(self, observer: Connection, own: Connection, files: Sequence[SourceFile] | None) -> None:
        self._observer = observer
        self._session = own.info.backend_pid
        self._role = own.info.user
        with staging_errors("looking at the clone"):
            self._before = read_standing(observer)
            self._settings = beginning_settings(own)
        self._hidden = tuple(_hidden(observer, own, files))

    def effects(self) -> Effects:
        """What lies between the two looks; nothing observed where the server is gone."""
        try:
            wait_for_counters(self._observer, self._session)
            after = read_standing(self._observer)
        except psycopg.Error:
            return Effects()
        effects = effects_of(self._before, after, role=self._role, hidden=self._hidden)
        return replace(effects, settings=self._settings)


def _hidden(observer: Connection, own: Connection, files: Sequence[SourceFile] | None) -> list[Hidden]:
    """Tables the files name (all, where it is not known yet) of which the role does not see every row."""
    text = None if files is None else b"\n".join(file.text for file in files).lower()
    found = []
    try:
        for table in hiding_tables(own):
            if text is None or table[1].lower().encode() in text:
                counted = hidden_rows(own, observer, table)
                found += [counted] if counted.seen < counted.rows else []
    except psycopg.Error:  # a policy that fails hides nothing from anybody: the statements will say so
        return found
    return found
