"""Makes pictures of the demo's reports: `make screenshots` (about half a minute).

Runs the demo, writes its refused and its accepted trial as HTML, and photographs both in headless Chromium: on a screen
1,280 wide and a telephone 390 wide, light and dark, and as a PDF. They land in SCREENSHOTS (default ./screenshots).
Then it says what was wrong with a page: that it scrolls sideways, or what axe-core finds serious where STAGECOPY_AXE
names its axe.min.js.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from stagecopy.report.html import trial_html
from tests.browser import AXE, Tab, browser, chromium, complaints

ROOT = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("SCREENSHOTS", "screenshots"))
WIDTHS = (1280, 390)
MISSING = """screenshots need Chromium, and none was found: no chromium, chromium-browser or google-chrome on the PATH.
next: apt-get install chromium, brew install --cask chromium, or name one you have: STAGECOPY_CHROMIUM=/path/to/chrome
"""


def main() -> int:
    """Returns the exit code: 4 without a browser, 1 where a page has a fault."""
    program = chromium()
    if program is None:
        sys.stderr.write(MISSING)
        return 4
    FOLDER.mkdir(parents=True, exist_ok=True)
    print("running the demo", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "stagecopy", "demo", "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    document = json.loads(done.stdout)
    if document["error"]:
        sys.stderr.write(f"the demo failed: {document['error']['message']}\n")
        return done.returncode
    with browser(program) as tab:
        faults = [fault for name in ("bad", "safe") for fault in _photographed(tab, name, trial_html(document[name]))]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    print(f"in {FOLDER}; axe-core: {'asked' if AXE else 'not asked, STAGECOPY_AXE names no axe.min.js'}")
    return 1 if faults else 0


def _photographed(tab: Tab, name: str, page: str) -> list[str]:
    file = FOLDER / f"{name}.html"
    file.write_text(page, encoding="utf-8")
    faults = []
    for width in WIDTHS:
        for dark in (False, True):
            tab.look(width=width, dark=dark)
            tab.open(file)
            look = f"{name}-{width}-{'dark' if dark else 'light'}"
            faults += [f"{look}: {fault}" for fault in complaints(tab)]
            tab.picture(FOLDER / f"{look}.png")
    tab.printed(FOLDER / f"{name}.pdf")
    return faults


if __name__ == "__main__":
    sys.exit(main())
