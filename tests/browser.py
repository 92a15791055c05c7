"""Headless Chromium for tests and for `make screenshots`: opens a file as a person would see it.

Surprising: it is spoken to over two pipes (``--remote-debugging-pipe``), a message ends with a NUL byte. So it needs no
port that others could reach and no package.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless_shell")
# axe-core, as its package has it (npm pack axe-core: package/axe.min.js); no part of this project.
AXE = Path(os.environ["STAGECOPY_AXE"]) if os.environ.get("STAGECOPY_AXE") else None
_PATIENCE = 60.0  # seconds for one answer, on a busy machine


def chromium() -> str | None:
    """The program: STAGECOPY_CHROMIUM, else the first that is on the PATH."""
    named = os.environ.get("STAGECOPY_CHROMIUM")
    return named or next((found for name in _NAMES if (found := shutil.which(name))), None)


class Tab:
    """One page of a browser that is under way."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back = to, back
        self._buffer = b""
        self._last = 0
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method: str, **arguments: Any) -> Any:
        """Send one command and wait for its answer; events are passed over."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": arguments}
        if self._session:
            message["sessionId"] = self._session
        rest = json.dumps(message).encode() + b"\0"
        while rest:
            rest = rest[os.write(self._to, rest) :]
        deadline = time.monotonic() + _PATIENCE
        while True:
            answer = self._message(deadline)
            if answer.get("id") == self._last:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def _message(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._back], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            read = os.read(self._back, 1 << 20)
            assert read, "the browser has ended"
            self._buffer += read
        first, _, self._buffer = self._buffer.partition(b"\0")
        loaded: dict[str, Any] = json.loads(first)
        return loaded

    def look(self, *, width: int, dark: bool = False, paper: bool = False) -> None:
        """From now on a screen of that width, which asks for dark or light; or paper."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media="print" if paper else "screen", features=[scheme])

    def open(self, page: Path) -> None:
        """Load a file and wait until it is there."""
        self.call("Page.navigate", url=page.resolve().as_uri())
        deadline = time.monotonic() + _PATIENCE
        here = page.resolve().as_uri()
        while self.run("[location.href, document.readyState]") != [here, "complete"]:
            assert time.monotonic() < deadline, "the page does not load"
            time.sleep(0.05)

    def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key, by the name the page sees."""
        text = {"text": "\r"} if key == "Enter" else {}
        code = {"Enter": 13, "Tab": 9}[key]
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    def picture(self, target: Path) -> None:
        """The whole page, from its head to its foot, as a PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=self._whole())
        target.write_bytes(base64.b64decode(shot["data"]))

    def _whole(self) -> dict[str, float]:
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 12_000), "scale": 1}

    def printed(self, target: Path) -> None:
        """The page as a PDF of A4."""
        made = self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
        target.write_bytes(base64.b64decode(made["data"]))


@contextmanager
def browser(program: str) -> Iterator[Tab]:
    """A browser with a profile of its own, which is gone afterwards, and with nothing to reach but files."""
    to_read, to = os.pipe()
    back, back_write = os.pipe()
    with tempfile.TemporaryDirectory(prefix="stagecopy-browser-", ignore_cleanup_errors=True) as profile:
        child = _started(program, profile, (to_read, back_write))
        os.close(to_read)
        os.close(back_write)
        try:
            yield Tab(to, back)
        finally:
            os.close(to)  # the end of its commands ends it
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            os.close(back)


def _started(program: str, profile: str, ends: tuple[int, int]) -> subprocess.Popen[bytes]:
    """It reads its commands from descriptor 3 and answers on 4."""
    words = [
        program,
        "--headless=new",
        "--no-sandbox",  # the sandbox needs what containers lack; the page is our own
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={profile}",
        "--remote-debugging-pipe",
    ]
    reads, writes = ends
    shell = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
    return subprocess.Popen(
        ["bash", "-c", shell, "browser", str(reads), str(writes), *words],
        pass_fds=ends,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def complaints(tab: Tab) -> list[str]:
    """What is wrong with the page that is open: it scrolls sideways, or axe-core finds something serious or worse."""
    wide = tab.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    faults = [f"the page scrolls sideways by {wide} pixels"] if wide > 0 else []
    if AXE is None:
        return faults
    tab.run(AXE.read_text(encoding="utf-8") + "; true")
    found = tab.run("axe.run(document).then(found => found.violations)")
    return faults + [
        f"{each['impact']}: {each['help']} ({each['id']}), at {node['target']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]
