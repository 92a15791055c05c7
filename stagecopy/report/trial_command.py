"""The section of a trial's terminal report that tells how a command ran."""

from __future__ import annotations

import shlex

from stagecopy.model.migration import MigrationRun
from stagecopy.model.wording import counted
from stagecopy.report.page import Page, cut

_LONGEST = 300


def command(page: Page, run: MigrationRun) -> None:
    """What it was, how it ended, and what its environment lacked: by name, never by value."""
    tool = run.tool
    if tool is None:
        return
    page.heading("command")
    shown = cut(shlex.join(tool.argv), _LONGEST)
    where = "contained" if tool.contained else "not contained"
    page.block(page.text(f"{shown}: exit code {tool.code}, {counted(tool.sessions, 'connection')}, {where}"))
    for said, names in (("lead to the clone", tool.replaced), ("left out", tool.removed)):
        if names:
            page.block(page.text(f"variables {said}: {cut(', '.join(names), _LONGEST)}", "dim"))
    if tool.code and run.error is not None and run.error.sqlstate and tool.output:
        page.block(page.text(tool.output))
