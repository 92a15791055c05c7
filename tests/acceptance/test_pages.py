"""The HTML report in a real browser: no fault that axe-core calls serious, no sideways scroll, sorted by keyboard.

Needs Chromium and, for axe-core, STAGECOPY_AXE=…/axe.min.js (`npm pack axe-core`); runs with STAGECOPY_SLOW=1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagecopy.report.document import trial_document
from stagecopy.report.html import trial_html
from tests.browser import AXE, Tab, browser, chromium, complaints
from tests.unit.report_large import hostile
from tests.unit.report_samples import backfill
from tests.unit.report_whole import whole

pytestmark = [
    pytest.mark.skipif(os.environ.get("STAGECOPY_SLOW") != "1", reason="set STAGECOPY_SLOW=1"),
    pytest.mark.skipif(chromium() is None, reason="no Chromium here"),
]
PAGES = {
    "whole": whole(),
    "pass": backfill(),
    "hostile": hostile("</td><script>document.title='run'</script>\u202e\x1b[31m" + "W" * 3_000),
}


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    program = chromium()
    assert program
    with browser(program) as opened:
        yield opened


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file = tmp_path / "trial.html"
    file.write_text(trial_html(trial_document(PAGES[request.param])), encoding="utf-8")
    return file


@pytest.mark.skipif(AXE is None, reason="STAGECOPY_AXE names no axe.min.js")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_serious_and_no_sideways_scroll(tab: Tab, page: Path, width: int, *, dark: bool) -> None:
    tab.look(width=width, dark=dark)
    tab.open(page)
    assert complaints(tab) == []
    assert tab.run("document.title") != "run"
    ground = tab.run("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(21, 24, 28)" if dark else "rgb(255, 255, 255)")


@pytest.mark.skipif(AXE is None, reason="STAGECOPY_AXE names no axe.min.js")
def test_a_fault_would_be_found(tab: Tab, page: Path) -> None:
    tab.look(width=390)
    tab.open(page)
    tab.run("document.body.style.color = '#ddd', document.querySelector('main').style.width = '500px'")
    found = " ".join(complaints(tab))
    assert "color-contrast" in found
    assert "sideways" in found


def test_a_table_is_sorted_by_keyboard(tab: Tab, tmp_path: Path) -> None:
    file = tmp_path / "trial.html"
    file.write_text(trial_html(trial_document(whole())), encoding="utf-8")
    tab.look(width=1280)
    tab.open(file)
    rows = "document.querySelectorAll('[aria-label=\"rows of each table\"] tbody tr')"
    column = f"[...{rows}].map(row => row.cells[1].dataset.n)"
    here = "document.activeElement"
    focused = f"{here}.textContent + '|' + {here}.closest('section')?.getAttribute('aria-labelledby')"
    for _ in range(20):
        tab.press("Tab")
        if tab.run(focused) == "before|tables":
            break
    assert tab.run(focused) == "before|tables"
    for order in (["639", "565", "1"], ["1", "565", "639"]):
        tab.press("Enter")
        assert tab.run(column) == order
    assert tab.run("document.activeElement.parentElement.getAttribute('aria-sort')") == "ascending"
    assert "solid" in tab.run("getComputedStyle(document.activeElement).outlineStyle")


def test_on_paper_samples_are_open_and_black_on_white(tab: Tab, tmp_path: Path) -> None:
    file = tmp_path / "trial.html"
    file.write_text(trial_html(trial_document(whole())), encoding="utf-8")
    tab.look(width=1280, dark=True, paper=True)
    tab.open(file)
    tab.run("document.querySelectorAll('details').forEach(each => each.open = false)")
    assert tab.run("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    tab.printed(tmp_path / "trial.pdf")
    assert (tmp_path / "trial.pdf").read_bytes().startswith(b"%PDF")
    assert tab.run("[...document.querySelectorAll('details')].every(each => each.open)") is True
