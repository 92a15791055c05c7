"""How the progress of a refresh is shown."""

from __future__ import annotations

import io
import re
import threading

from rich.console import Console

from stagecopy.report.progress import Lines, Live, Silent, progress_on


def test_plain_progress_is_one_line_for_stage_and_table_and_every_ten_seconds() -> None:
    stream, moment = io.StringIO(), [0.0]
    lines = Lines(Console(file=stream, width=80), clock=lambda: moment[0])
    lines.stage("loading")
    lines.table("public.users", bytes_total=4_000_000)
    for seconds in range(1, 16):
        moment[0] = float(seconds)
        lines.advance("public.users", rows=1000, bytes_done=100_000)
    lines.finished("public.users", 15_000)
    lines.note("a \x1bnote")
    assert stream.getvalue().splitlines() == [
        "loading",
        "  public.users: 10,000 rows, 1.0 MB of 4.0 MB, 1,000 rows/s, about 30.0 s left",
        "  public.users: 15,000 rows in 15.0 s",
        "a \\x1bnote",
    ]


def drive(sink: Silent, workers: int = 4) -> None:
    """Several threads load tables at once, two of them the same one."""

    def load(number: int) -> None:
        name = f"public.[t{number // 2}]\x1b"
        sink.table(name, bytes_total=number * 1000)
        for _ in range(50):
            sink.advance(name, rows=10, bytes_done=10)

    with sink:
        sink.stage("loading")
        threads = [threading.Thread(target=load, args=(number,)) for number in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in range(workers // 2):
            sink.finished(f"public.[t{number}]\x1b", 1000)
        sink.note("done")


def test_live_progress_leaves_only_stage_lines() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, color_system=None)
    drive(Live(console))
    left = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert "loading: 2,000 rows of 2 tables" in left
    assert "done" in left
    assert "\x1b" not in left
    assert "\x1b[?25h" in stream.getvalue()[-10:]


def test_every_sink_takes_reports_of_many_threads() -> None:
    drive(Silent())
    drive(Lines(Console(file=io.StringIO(), width=80)))


def test_the_sink_suits_the_console() -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True)
    pipe = Console(file=io.StringIO())
    kinds = [
        type(progress_on(console, quiet=quiet)) for console, quiet in ((terminal, False), (pipe, False), (pipe, True))
    ]
    assert kinds == [Live, Lines, Silent]
