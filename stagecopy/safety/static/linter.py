"""Another linter's findings, where we have nothing better to say about the same.

Surprising: most of its rules guess from the text what a trial has seen. What was measured or compared stands; its word
is taken along where there is nothing of the kind, once a rule, and as information: the clone did not mind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stagecopy.model.findings import Finding, Severity
from stagecopy.model.lint import LintNote
from stagecopy.model.wording import counted
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.static.reading import Read

# Its rule, and ours that say the same with more knowledge. ``*``: a trial always knows better, whatever it found.
_OURS: Mapping[str, tuple[str, ...]] = {
    "require-timeout-settings": ("*",),
    "require-lock-timeout": ("*",),
    "require-statement-timeout": ("*",),
    "prefer-robust-stmts": ("*",),
    "ban-concurrent-index-creation-in-transaction": ("*",),
    "ban-uncommitted-transaction": ("*",),
    "ban-drop-column": ("*",),
    "ban-drop-table": ("*",),
    "ban-truncate-cascade": ("*",),
    "adding-field-with-default": ("*",),
    "adding-required-field": ("*",),
    "adding-not-nullable-field": ("exclusive-lock",),
    "changing-column-type": ("exclusive-lock", "type-changed", "table-rewritten"),
    "constraint-missing-not-valid": ("exclusive-lock",),
    "adding-foreign-key-constraint": ("exclusive-lock",),
    "disallowed-unique-constraint": ("exclusive-lock",),
    "require-concurrent-index-creation": ("exclusive-lock",),
    "require-concurrent-index-deletion": ("exclusive-lock",),
    "renaming-column": ("old-name-gone", "query-broken"),
    "renaming-table": ("old-name-gone", "query-broken"),
    "transaction-nesting": ("inside-another",),
}


def merged(evidence: Evidence, found: Sequence[Finding], statements: Sequence[Read]) -> Iterator[Finding]:
    """``squawk:RULE``: what it says and none of *found* does, once a rule."""
    lint = evidence.run.lint
    if lint is None:
        return
    ours = {each.rule for each in found} | {"*"}
    by_rule: dict[str, list[LintNote]] = {}
    for note in lint.notes:
        by_rule.setdefault(note.rule, []).append(note)
    for rule, notes in sorted(by_rule.items()):
        if ours.intersection(_OURS.get(rule, ())):
            continue
        first = notes[0]
        taker = _statement(first, statements)
        more = f" (and {counted(len(notes) - 1, 'more line')})" if len(notes) > 1 else ""
        place = taker.place if taker else f"{first.file}:{first.line}"
        message = f"{place}{more}: {' '.join(first.message.split())} ({lint.program} {lint.version})"
        remedy = " ".join(first.help.split()) or f"see https://squawkhq.com/docs/{rule}"
        severity: Severity = "warn" if first.error else "info"
        yield Finding(f"squawk:{rule}", severity, taker.subject if taker else "migration", message, remedy)


def _statement(note: LintNote, statements: Sequence[Read]) -> Read | None:
    """The one that begins at the note's line or before it."""
    before = [each for each in statements if each.run.file == note.file and (each.run.line or 0) <= note.line]
    return before[-1] if before else None
