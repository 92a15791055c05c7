"""Sample rows, aligned: a changed row shows each column that differs, others the start of their values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from stagecopy.model.change import Sample
from stagecopy.report.page import Page, cut, visible

_VALUE_WIDTH = 40
_KEY_WIDTH = 40
_MOST_COLUMNS = 8

Row = dict[str, str | None]


def sample_rows(page: Page, samples: Sequence[Sample]) -> Iterator[tuple[Text, ...]]:
    """Rows of a grid: mark, key, what."""
    for sample in samples:
        mark, style = _mark(sample)
        key = ", ".join(f"{name}={_value(value)}" for name, value in (sample.key or {}).items())
        for line in _lines(sample):
            yield page.text(mark, style), page.text(cut(key, _KEY_WIDTH)), page.text(line)
            mark, key = "", ""


def _mark(sample: Sample) -> tuple[str, str]:
    if sample.after is None:
        return "-", "red"
    return ("+", "green") if sample.before is None else ("~", "yellow")


def _lines(sample: Sample) -> list[str]:
    if sample.before is None or sample.after is None:
        row = sample.before or sample.after or {}
        return [_whole_row(row, sample.key or {})]
    before, after = sample.before, sample.after
    names = [name for name in {**before, **after} if before.get(name) != after.get(name) or _one_sided(name, sample)]
    lines = [f"{name}: {_side(before, name)} → {_side(after, name)}" for name in names[:_MOST_COLUMNS]]
    if len(names) > _MOST_COLUMNS:
        lines.append(f"… and {len(names) - _MOST_COLUMNS} more columns")
    return lines or [""]


def _whole_row(row: Row, key: Row) -> str:
    return "  ".join(f"{name}={_value(value)}" for name, value in row.items() if name not in key)


def _one_sided(name: str, sample: Sample) -> bool:
    return (name in (sample.before or {})) != (name in (sample.after or {}))


def _side(row: Row, name: str) -> str:
    return _value(row[name]) if name in row else "(no column)"


def _value(value: str | None) -> str:
    """NULL bare; text in quotes where it could be taken for NULL, for nothing or for the blanks around it."""
    if value is None:
        return "NULL"
    shown = cut(visible(value[: _VALUE_WIDTH + 1]), _VALUE_WIDTH)
    return f"'{shown}'" if value in ("", "NULL") or value != value.strip() else shown
