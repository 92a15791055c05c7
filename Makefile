# Every target is one line of README. `make` alone prints them.

.DEFAULT_GOAL := help
.PHONY: help setup demo test mutants lint fmt type bench screenshots refresh trial check

# The first of these that runs and is new enough; PYTHON=… on the command line wins.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
STAMP := .venv/.installed
BENCHES := $(sort $(wildcard bench/bench_*.py))

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1#\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'#' '{ printf "%-16s%s\n", $$1, $$2 }'

setup: $(STAMP) ## make .venv with the program and its tools in it (again only when pyproject.toml changed)

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer found; install one, or run: make setup PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv \
		|| { echo "cannot make .venv; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "installing into .venv; this takes about a minute"
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[embedded,dev]'
	@touch $@

demo: setup ## see it work: a made-up production, a masked copy, a bad migration and a safe one (no Docker needed)
	$(BIN)/stagecopy demo

# Two workers, a file each at a time: most tests wait for servers. In order, so that the quick ones come last and both
# workers end together. WORKERS=0 runs them one after the other.
WORKERS ?= 2

test: setup ## run all tests; ARGS='-k rules' picks some
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

mutants: setup ## take the checks of the masking planner away one by one: each time a test must fail (minutes)
	$(BIN)/python -m tests.mutants $(ARGS)

lint: setup ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

fmt: setup ## let ruff format and fix what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

type: setup ## mypy --strict over program and tests
	$(BIN)/mypy

bench: setup ## run the speed comparisons (minutes; see bench/README.md)
	@test -n "$(BENCHES)" || echo "no bench scripts yet; see bench/README.md"
	@set -e; for script in $(BENCHES); do echo "== $$script"; $(BIN)/python $$script; done

screenshots: setup ## pictures of the demo's reports in Chromium, in ./screenshots (SCREENSHOTS=… elsewhere)
	$(BIN)/python bench/screenshots.py

refresh: setup ## copy production, masked, into staging
	$(BIN)/stagecopy refresh

trial: setup ## try a migration on a copy of staging: make trial FILE=migration.sql
	@test -n "$(FILE)" || { echo "say which file: make trial FILE=migration.sql" >&2; exit 2; }
	$(BIN)/stagecopy trial "$(FILE)"

check: lint type test ## all that must be green before a commit
