"""What a trial report says, word by word: three typical trials, hostile text, other terminals."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console

from stagecopy import redact
from stagecopy.errors import StagingError
from stagecopy.model.change import ColumnChange, Difference, Sample, SchemaChange, TableChange
from stagecopy.model.findings import Fidelity
from stagecopy.model.migration import RunError, StatementRun
from stagecopy.model.trial import TrialResult
from stagecopy.report.document import trial_document
from stagecopy.report.page import Page, visible
from stagecopy.report.terminal_trial import trial_report
from tests.unit.report_samples import NOW, backfill, bad_fix, failing, judged, made

BAD_FIX = """\
LOSES 639 of 639 rows of public.account, 566 rows of 2 more tables
ran as app_owner on a docker clone of snapshot 20260814-070200, taken 07:02 today (3 h ago); verdict FAIL

tables
                                       before  after  removed
  public.account                          639      0      639
  public."bazaar-vid_user" (replaced)     565      0      565
  public.session                            1      0        1

samples of public."bazaar-vid_user" (masked: email)
  -  id=u0  email=p0@example.com
  -  id=u1  email=p1@example.com

schema
  -  constraint  public."bazaar-vid_user".user_pk: PRIMARY KEY (id)
  →  column      email → public."bazaar-vid_user".mail

findings
  error  all 639 rows of public.account are removed: the table is empty
         afterwards [rows-lost]
         next: keep the rows: narrow the statement, or copy them away first; no
         policy allows an empty table
  error  all 565 rows of public."bazaar-vid_user" are removed: the table is
         empty afterwards [rows-lost]
         next: keep the rows: narrow the statement, or copy them away first; no
         policy allows an empty table
  error  the only row of public.session is removed: the table is empty
         afterwards [rows-lost]
         next: keep the rows: narrow the statement, or copy them away first; no
         policy allows an empty table
  warn   public."bazaar-vid_user" is another table than before, under the same
         name; it lacks primary key user_pk [table-replaced]
         next: make again what it lacks, or change the table in place

1 statement in 12 ms, 17.0 kB of WAL
  1  3.7 ms    DROP TABLE "bazaar-vid_user" CASCADE

advice
  old-name-gone  email is public.bazaar-vid_user.mail now: programs that know
                 the old name fail from the moment it commits; keep the old name
                 until none uses it: a view under it, or a second column and a
                 later migration

the clone differs from production
  other-major  staging is PostgreSQL 16, production 15
"""


BACKFILL = """\
changes 12,000 rows of public.users (email, plan)
ran as app_owner on a docker clone of snapshot 20260814-070200, taken 07:02 today (3 h ago); verdict PASS

tables
                before   after  changed
  public.users  12,000  12,000    1,000

columns
  public.users.email  1,000 values changed
  public.users.plan   12,000 NULL filled

samples of public.users
  ~  id=1  email: A@x.com → a@x.com
           plan: (no column) → free

schema
  +  column  public.users.plan: text

findings
  info  1,000 rows of public.users change in email [values-changed]
        next: compare the samples with what is meant
  info  public.users.plan is new; every row has a value [column-added]

1 statement in 12 ms, 17.0 kB of WAL
  1  400 ms  1,000 rows  UPDATE users SET email = lower(email)
"""


FAILING = """\
no data changed: the migration failed at statement 2
ran as app_owner on a docker clone of snapshot 20260814-070200, taken 07:02 today (3 h ago); verdict FAIL

the migration failed at statement 2, line 7
  relation "usres" does not exist (sqlstate 42P01)
  what statement 1 did stays

2 statements in 12 ms, 17.0 kB of WAL
  1  0.1 ms    SET lock_timeout = '2s'
  2  0.2 ms    DELETE FROM usres
"""


def shown(result: TrialResult, *, width: int = 80, all_tables: bool = False) -> str:
    stream = io.StringIO()
    trial_report(Console(file=stream, width=width, color_system=None), result, now=NOW, all_tables=all_tables)
    return "\n".join(line.rstrip() for line in stream.getvalue().split("\n"))


@pytest.mark.parametrize(
    ("result", "text"),
    [
        pytest.param(bad_fix(), BAD_FIX, id="bad-fix"),
        pytest.param(backfill(), BACKFILL, id="backfill"),
        pytest.param(failing(), FAILING, id="failing"),
    ],
)
def test_whole_report(result: TrialResult, text: str) -> None:
    assert shown(result) == text


def test_wide_and_narrow() -> None:
    assert "all 639 rows of public.account are removed: the table is empty afterwards [rows-lost]" in shown(
        bad_fix(), width=200
    )
    below = shown(bad_fix(), width=40).splitlines()[2:]
    assert max(len(line) for line in below) <= 40


def test_colour_on_a_terminal_but_not_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    first = _on_terminal()
    assert first.startswith("\x1b[1;31mLOSES")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1mLOSES" in _on_terminal()
    assert ";31m" not in _on_terminal()


def _on_terminal() -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=80, force_terminal=True, color_system="standard")
    trial_report(console, bad_fix(), now=NOW)
    return stream.getvalue()


HOSTILE = "\x1b[2J\x1b]0;owned\x07[red]x[/red]\u202egnp\u200b\u2028\x9b31m\r\n:smile:" + "W" * 400


def test_hostile_text_is_shown_not_obeyed() -> None:
    sample = Sample({HOSTILE: HOSTILE}, {HOSTILE: HOSTILE}, {HOSTILE: "\ud800"})
    column = ColumnChange(changed=1, value_to_value=1, lost=1, value_to_null=1, type_from=HOSTILE, type_to="text")
    table = TableChange(HOSTILE, HOSTILE, 2, 1, HOSTILE, removed=1, columns={HOSTILE: column}, samples=(sample,))
    change = SchemaChange("index", "added", HOSTILE, None, HOSTILE, table.name)
    run = made(StatementRun(1, 1, HOSTILE, 1.0, 1, "UPDATE"), error=RunError(1, 1, HOSTILE, "XX000"))
    result = replace(
        judged(Difference((table,), (change,)), run), masked={HOSTILE: (HOSTILE,)}, fidelity=(Fidelity("x", HOSTILE),)
    )
    for width in (80, 200):
        text = shown(result, width=width)
        assert not set(re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ud800-\udfff]", text))
        assert "[red]x[/red]" in text
        assert ":smile:" in text.replace("\n", "")
        assert "\\u202egnp" in text
        assert len(text) < 40_000


def test_letters_of_any_script_stay() -> None:
    assert visible("שלום 日本 é") == "שלום 日本 é"
    assert visible("a\tb\u2066") == "a\\tb\\u2066"


def test_a_terminal_without_unicode() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    name = "naïve"
    table = TableChange("public", name, 2, 2, changed=1, columns={"v": ColumnChange(changed=1, value_to_value=1)})
    sampled = replace(table, samples=(Sample(None, {"v": "x" * 90}, {"v": None}),))
    trial_report(Console(file=stream, width=80), judged(Difference((sampled,), ()), made()), now=NOW)
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert 'public."na\\xefve"' in text
    assert "v: xxx" in text
    assert "... -> NULL" in text


def test_null_is_not_taken_for_text() -> None:
    sample = Sample({"id": "1"}, {"a": None, "b": "NULL", "c": "", "d": " x"}, {"a": "1", "b": "1", "c": "1", "d": "x"})
    table = TableChange("public", "t", 1, 1, changed=1, samples=(sample,))
    text = shown(judged(Difference((table,), ()), made()))
    for expected in ("a: NULL → 1", "b: 'NULL' → 1", "c: '' → 1", "d: ' x' → x"):
        assert expected in text


def test_long_reports_are_cut_and_say_so() -> None:
    tables = tuple(TableChange("public", f"t{n:04}", 2, 1, removed=1) for n in range(900))
    statements = tuple(StatementRun(n, n, "DELETE FROM t", 0.1, 1, "DELETE 1") for n in range(1, 501))
    result = judged(Difference(tables, ()), made(*statements))
    text = shown(result)
    assert len(text.splitlines()) < 250
    for said in ("… and 880 more tables", "… and 860 more findings", "… and 488 more statements"):
        assert said in text
    assert "public.t0899" in shown(result, all_tables=True)


def test_secrets_never_reach_a_report() -> None:
    redact.remember("hunter2-report-secret")
    run = made(StatementRun(1, 1, "ALTER ROLE x PASSWORD 'hunter2-report-secret'", 0.1, None, "ALTER ROLE"))
    result = judged(Difference((), ()), run)
    assert "hunter2" not in shown(result)
    assert "hunter2" not in json.dumps(trial_document(result))


def test_a_trial_that_never_ran() -> None:
    error = StagingError("engine-down", "docker does not answer", hint="start it")
    text = shown(TrialResult(trial="t", exit=4, error=error))
    assert text.splitlines()[:2] == [
        "nothing was tried: what the migration does to the data is not known",
        "nothing ran; verdict NONE",
    ]
    assert "docker does not answer (engine-down)" in text
    assert "next: start it" in text


def test_a_long_last_cell_takes_no_room_from_those_before_it() -> None:
    console = Console(file=io.StringIO(), width=50, force_terminal=True, color_system=None)
    page = Page(console)
    page.grid([(page.text("12"), page.text("1,317 rows"), page.text("DELETE FROM orders WHERE " + "discount " * 9))])
    shown = console.file.getvalue().rstrip()  # type: ignore[attr-defined]
    assert shown.startswith("  12  1,317 rows  DELETE FROM orders WHERE")
    assert (shown.endswith("…"), len(shown) <= 50) == (True, True)
