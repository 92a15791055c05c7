"""Disables one check of the masking planner at a time and looks whether its test turns red: ``make mutants``.

A test that stays green without the check it is about proves nothing. Each entry takes one check away in a copy of the
tree, runs the one test that must miss it, and the table says which did. Not collected by pytest: it runs pytest.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MASKING = "stagecopy/masking"
PLAN = "tests/unit/masking/test_plan.py"
EQUALITY = "tests/unit/masking/test_equality.py"
LINKS = "tests/unit/masking/test_links.py"
LOADER = "tests/unit/masking/test_loader.py"
MASKERS = "tests/unit/masking/test_maskers.py"
STREAM = "tests/unit/masking/test_stream.py"
PERSONS = "tests/unit/masking/test_persons.py"
JSON = "tests/unit/masking/test_json.py"
MANY = "tests/unit/masking/test_many_mistakes.py"
FOREIGN = "tests/unit/masking/test_foreign.py"
FIT = "tests/acceptance/test_masks_fit.py"
KEYS = "tests/acceptance/test_masked_keys.py"
AUDIT = "tests/acceptance/test_audit.py"
LARGE = "tests/acceptance/test_large_objects.py"
CANARIES = "tests/acceptance/test_canaries.py"
PERMUTE = "tests/unit/masking/test_permute.py"
THINGS = "tests/unit/masking/test_numbers_of_things.py"


@dataclass(frozen=True)
class Mutant:
    """*before* becomes *after* in *file*; *tests* (a file, and what -k selects in it) must fail."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, str]


MUTANTS = (
    Mutant("uncovered columns", f"{MASKING}/plan.py", "    if missing:\n", "    if False:\n", (PLAN, "fails_closed")),
    Mutant("A01 quoting", f"{MASKING}/identifiers.py", ".replace('\"', '\"\"')", "", (LOADER, "A1_any")),
    Mutant("A06 lossy below an expression", f"{MASKING}/uniqueness.py",
           "{*key.attnums, *(key.reads if 0 in key.attnums else ())}", "{*key.attnums}", (LINKS, "A06")),
    Mutant("A06 null on NULLS NOT DISTINCT", f"{MASKING}/uniqueness.py",
           "not key.nulls_not_distinct and _some_null", "_some_null", (PLAN, "A6")),
    Mutant("A09 generated columns", "stagecopy/model/catalog.py",
           "return not self.generated", "return True", (PLAN, "every_copied_column")),
    Mutant("A10 sequences above masked keys", "stagecopy/flows/build.py",
           "clear_of_masks(connection, self._source.plan.masked_numbers(self._catalog))", "pass", (KEYS, "A10")),
    Mutant("A10 permuted keys fit their type", f"{MASKING}/codes.py",
           "min(10**digits - 1, limits[above + 1])", "10**digits - 1", (PERMUTE, "sign_length_and_type")),
    Mutant("A13 partitions take the parent's rule", f"{MASKING}/matching.py",
           "            current = self._tables.get(current.parent_oid) if current.parent_oid is not None else None",
           "            current = None", (PLAN, "A13")),
    Mutant("A16 bad values fail where told", f"{MASKING}/maskers/unfit.py", 'if setting.on_bad == "fail":', "if False:",
           (THINGS, "A16")),
    Mutant("A21 room for the digest", f"{MASKING}/maskers/base.py", "bits < LEAST_BITS", "bits < 0", (PLAN, "A21")),
    Mutant("A21 codes of full length", f"{MASKING}/maskers/email.py",
           "draw.code(length=self._code_length())", "draw.code(length=1)", (STREAM, "A21")),
    Mutant("A22 lossy on unique", f"{MASKING}/uniqueness.py",
           "if lossy and not _safe(table, key, plans):", "if False:", (PLAN, "A22")),
    Mutant("A22 American numbers", f"{MASKING}/maskers/national_id.py", "return self.country != _US", "return True",
           (THINGS, "A22")),
    Mutant("A23 null for NOT NULL", f"{MASKING}/maskers/null.py", "if column.not_null", "if False", (PLAN, "A23_null")),
    Mutant("A23 too long", f"{MASKING}/maskers/constant.py",
           "column.length is not None and len(value) > column.length", "False", (PLAN, "A23_a_value")),
    Mutant("A23 CHECK and domain", "stagecopy/flows/build.py",
           "        try_masks(self._source.plan, self._reader, address, self._through)\n", "", (FIT, "A23")),
    Mutant("A23 all reasons of a row", "stagecopy/staging/tryout.py",
           "            if not any(dropped):", "            if True:", (FIT, "A23")),
    Mutant("A24 case", f"{MASKING}/maskers/base.py", "raw.str.to_lowercase() if self.caseless else raw", "raw",
           (MASKERS, "A24_citext")),
    Mutant("A24 padding", f"{MASKING}/maskers/base.py", 'raw = raw.str.strip_chars_end(" ")', "pass",
           (MASKERS, "A24_padding")),
    Mutant("A24 scale", f"{MASKING}/maskers/base.py", "if self.scaled:", "if False:", (PERSONS, "A24_zeros")),
    Mutant("A24 collations", f"{MASKING}/collation.py", "compatible.casefold()", "compatible", (PERSONS, "A24_what")),
    Mutant("A24 unknown collations", f"{MASKING}/maskers/base.py",
           "return self.collation_problem() or", "return", (FIT, "A24_a_collation")),
    Mutant("A25 keys end at one mask", f"{MASKING}/equality.py", "self.above[self.top(one)] = self.top(other)", "pass",
           (EQUALITY, "A25")),
    Mutant("A26 listed references", f"{MASKING}/links.py", "links.edges.append((source, target))", "pass",
           (LINKS, "A26_a_listed")),
    Mutant("A26 polymorphic keys", f"{MASKING}/choosing.py",
           "chosen[node] = rules[0]\n            continue\n", "pass\n", (LINKS, "A26_a_polymorphic")),
    Mutant("A26 keys inside documents", f"{MASKING}/columns.py", "if leaf.mask != KEEP:", "if False:",
           (LINKS, "A26_a_kept")),
    Mutant("A26 a row's own target", f"{MASKING}/stream.py", "for case in column.cases:", "for case in ():",
           (FIT, "A26")),
    Mutant("A27 objects where values are expected", f"{MASKING}/maskers/json_document.py",
           "            if place.nested:", "            if False:", (JSON, "A27_an_object")),
    Mutant("A27 what no path names", f"{MASKING}/maskers/json_document.py",
           'if telling and self.setting.rest == "fail":', "if False:", (JSON, "A27_the_rest_is_redacted")),
    Mutant("A27 repeated keys", f"{MASKING}/jsontree.py", "[list(pair) for pair in pairs]",
           "[list(pair) for pair in dict(pairs).items()]", (JSON, "A27_repeated")),
    Mutant("A28 blank is a value", f"{MASKING}/maskers/base.py",
           'normal.is_not_null() & (normal != "")', 'normal.is_not_null() & (normal.str.strip_chars() != "")',
           (STREAM, "A28")),
    Mutant("A29 exclusion", f"{MASKING}/uniqueness.py", "        for plan in _breaking(constraint, plans):",
           "        for plan in ():", (LINKS, "A29")),
    Mutant("A29 one offset", f"{MASKING}/maskers/base.py", "if who is not None:", "if False:",
           (PERSONS, "all_dates_of_a_person")),
    Mutant("A30 keyed", f"{MASKING}/digest.py", "hmac_sha256(key=key)", 'hmac_sha256(key="fixed")', (MASKERS, "A30")),
    Mutant("A31 small domains are said", f"{MASKING}/stream.py", "self._note_small(column, raw)", "pass",
           (STREAM, "A31")),
    Mutant("A32 no value in an error", f"{MASKING}/stream.py", "column {name} ({kind})",
           "column {name} ({kind}) {raw[0]}", (STREAM, "A32")),
    Mutant("A09 generated and unique", f"{MASKING}/uniqueness.py", "    if not inside:\n", "    if True:\n",
           (FOREIGN, "A09_a_generated")),
    Mutant("A09 keys by generated columns", f"{MASKING}/foreign.py",
           "if each in plans and plans[each].masked:", "if False:", (FOREIGN, "A09_a_key")),
    Mutant("A11 subjects of partitions", f"{MASKING}/subjects.py",
           "if column.name == key.name and self._partition(table, owner):", "if False:", (FOREIGN, "A11")),
    Mutant("A24 chains of keys", f"{MASKING}/equality.py",
           "keys = [member for member in among", "among = keys = [member for member in among", (FOREIGN, "A24")),
    Mutant("A25 MATCH FULL", f"{MASKING}/foreign.py", "if not key.full or", "if True or", (FOREIGN, "A25")),
    Mutant("A26 one spelling of a path", f"{MASKING}/loader_links.py",
           "leaf = spelled(leaf) if leaf is not None else None", "pass", (FOREIGN, "A26_a_leaf_is_one")),
    Mutant("A27 deep documents", f"{MASKING}/jsontree.py", "_depth(text) > DEEPEST", "False",
           (FOREIGN, "A27_a_document")),
    Mutant("A33 unknown keys", f"{MASKING}/reading.py", "            if key not in known:", "            if False:",
           (LOADER, "A33")),
    Mutant("A33 idle rules", f"{MASKING}/plan.py", "    note_idle(matcher)\n", "", (PLAN, "A33")),
    Mutant("A33 all at once", f"{MASKING}/mistakes.py", "if (where, what, hint) not in self.found:",
           "if not self.found:", (MANY, "A33")),
    Mutant("A34 a leak ends the refresh", "stagecopy/flows/build.py", "if self.audited.leaks:", "if False:",
           (AUDIT, "A34")),
    Mutant("A34 names are searched", "stagecopy/postgres/leakscan.py", '        statement("audit_names"),\n', "",
           (AUDIT, "A34")),
    Mutant("A34 definitions before they are loaded", "stagecopy/flows/build.py",
           "        self._refuse_definitions(archive)\n", "", (AUDIT, "definitions_are_searched")),
    Mutant("A34 what is still to be defined", "stagecopy/flows/audit.py",
           "for start in range(0, len(to_come), _DEFINITIONS):", "for start in ():",
           (AUDIT, "definitions_are_searched")),
    Mutant("A34 the bytes of large objects", "stagecopy/flows/audit.py",
           "chain(catalog_texts(connection), large_object_texts(connection))", "catalog_texts(connection)",
           (LARGE, "raw_values_inside")),
    Mutant("A34 all windows of a large object", "stagecopy/postgres/largeobjects.py",
           "        while full:\n", "        while False:\n", (LARGE, "raw_values_inside")),
    Mutant("A35 the rest of documents is redacted", f"{MASKING}/maskers/json_document.py",
           'if self.setting.rest == "redact":', "if False:", (CANARIES, "A35")),
)  # fmt: skip


def outcome(mutant: Mutant, tree: Path) -> str:
    """What became of *mutant*, in a copy of the tree that is put right again afterwards."""
    path = tree / mutant.file
    whole = path.read_text(encoding="utf-8")
    if whole.count(mutant.before) != 1:
        return f"cannot be made: {whole.count(mutant.before)} places in {mutant.file}"
    path.write_text(whole.replace(mutant.before, mutant.after), encoding="utf-8")
    file, chosen = mutant.tests
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", file, "-k", chosen]
    try:
        code = subprocess.run(command, cwd=tree, capture_output=True, check=False).returncode
    finally:
        path.write_text(whole, encoding="utf-8")
    # 1: tests failed. 5: none was found, 2 and above: pytest itself, 0: all green without the check
    return {1: "red", 0: "STAYED GREEN", 5: "no such test"}.get(code, f"pytest ended with {code}")


def main() -> int:
    """Print the table; 0 only if every mutant was caught."""
    wanted = sys.argv[1:]
    chosen = [each for each in MUTANTS if not wanted or any(word in each.name for word in wanted)]
    caught = 0
    with tempfile.TemporaryDirectory(prefix="stagecopy-mutants-") as folder:
        tree = Path(folder) / "tree"
        ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(ROOT, tree, symlinks=True, ignore=ignored)
        for mutant in chosen:
            found = outcome(mutant, tree)
            caught += found == "red"
            sys.stdout.write(f"{mutant.name:44} {Path(mutant.tests[0]).name:24} {mutant.tests[1]:26} {found}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{caught} of {len(chosen)} mutants were caught\n")
    return 0 if caught == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
