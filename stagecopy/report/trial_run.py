"""How a migration was run: as which tool, in which transactions; and where it stopped, what of it stays."""

from __future__ import annotations

from stagecopy.model.migration import MigrationRun, RanFile
from stagecopy.model.wording import counted
from stagecopy.report.page import Page

_WRAPS = {
    "statement": "each statement on its own",
    "query": "each file sent as one query: its statements are one transaction",
    "file": "each file in a transaction",
    "single": "all files in one transaction",
}
_MOST_NAMES = 3


def way(page: Page, run: MigrationRun) -> None:
    """Silent where files ran as psql runs them."""
    groups: dict[tuple[str | None, str], list[RanFile]] = {}
    for file in run.files:
        groups.setdefault((file.tool, file.transaction), []).append(file)
    groups.pop((None, "statement"), None)
    if run.skipped:
        names = ", ".join(run.skipped[-_MOST_NAMES:])
        page.line(
            page.text(f"left out, for production has run them: {len(run.skipped)} files, the last {names}", "dim")
        )
    for (tool, transaction), files in groups.items():
        names = ", ".join(file.name for file in files[:_MOST_NAMES])
        rest = f" and {len(files) - _MOST_NAMES} more" if len(files) > _MOST_NAMES else ""
        as_tool = f"as {tool} runs them" if tool else "as asked for"
        page.line(page.text(f"run {as_tool}, {_WRAPS[transaction]}: {names}{rest}", "dim"))


def partial(run: MigrationRun) -> str:
    """What became of the statements around the one that failed; '' where it was the only one."""
    if run.error is None:
        return ""
    ran = run.error.statement - 1
    stay, undone = ran - run.undone, run.undone
    said = []
    if undone:
        said.append(f"{_span(stay + 1, ran)} rolled back")
    if stay:
        said.append(f"what {_span(1, stay)} did stays")
    if run.planned is not None and (left := run.planned - run.error.statement) > 0:
        said.append(f"{counted(left, 'statement')} not run")
    return "; ".join(said)


def _span(first: int, last: int) -> str:
    return f"statement {first}" if first == last else f"statements {first}-{last}"
