# Everything runs from .venv, which is made from $(PYTHON) and the lock files, and only when one of them changes.
# Paths are relative throughout, so that the folder may have any name.

PYTHON ?= python3
PIP = .venv/bin/python -m pip --disable-pip-version-check --no-input
COMPILE = .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11

# A .venv that was moved, or whose Python has gone, is made anew.
VENV_IS_STALE := $(shell [ -x .venv/bin/python ] && [ "$$(cat .venv/made-in 2>/dev/null)" = "$$(pwd -P)" ] || echo yes)

.DEFAULT_GOAL := help
.PHONY: help serve pages test test-web test-clients test-faults bench bench-memory test-answers bench-live bench-answers check schema lock clean $(if $(VENV_IS_STALE),.venv/made-in)
.DELETE_ON_ERROR:

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

# What the pages are made from.
WEB = $(shell [ -d web ] && find web -type d \( -name node_modules -o -name clients -o -name dist -o -name generated \) -prune -o -type f -print) schema/schema.graphql

serve: .venv/installed $(if $(wildcard web/package.json),web/dist/tried) ## Start everything and serve on http://127.0.0.1:8000 (HOST, PORT)
	@exec .venv/bin/study-companion serve

pages: web/dist/graphiql.html ## Build the pages for browsers, with what web/package-lock.json names

test: .venv/installed-dev ## Run the tests (ARGS="-k name" to choose)
	@exec .venv/bin/pytest -n 3 --dist worksteal --ignore tests/web $(ARGS)

test-web: .venv/installed-dev pages ## Run the tests of the pages in Chromium; PICTURES=folder keeps pictures of them
	@command -v chromium >/dev/null || { echo 'Chromium is needed: on Debian `apt-get install chromium`.' >&2; exit 1; }
	@exec .venv/bin/pytest -n 0 $(ARGS) tests/web

test-clients: .venv/installed-dev ## Hold the schema against the rules of its clients, and try Apollo, urql and Relay with it
	@.venv/bin/python web/build.py clients
	@CLIENTS=1 exec .venv/bin/pytest -n 0 $(ARGS) tests/schema/test_clients.py

test-faults: .venv/installed-dev ## Run the fault test in full: some minutes, 200 clients, everything fails (ARGS="-k valkey" to choose)
	@FAULTS=full exec .venv/bin/pytest -n 0 -s $(ARGS) tests/faults

test-answers: .venv/installed-dev ## Compare both executors for an hour, half of it on each of two schemas (STUDY_MINUTES=1 for less)
	@STUDY_MINUTES=$${STUDY_MINUTES:-30} exec .venv/bin/pytest -n 0 --timeout 0 -rP -k 'same or wrong' $(ARGS) tests/schema/execution

bench-answers: .venv/installed-dev ## Measure the companion's own answers (ARGS=questions.jsonl)
	@exec .venv/bin/python -m tests.bench.answers $(ARGS)

bench: .venv/installed-dev ## Measure operations beside others, PostGraphile among them (ARGS="--rounds 1 --clients 16" to choose)
	@exec .venv/bin/python -m tests.bench.graph $(ARGS)

bench-memory: .venv/installed-dev ## See whether memory grows over 200,000 requests (ARGS="--requests 20000" for fewer)
	@exec .venv/bin/python -m tests.bench.memory $(ARGS)

bench-live: .venv/installed-dev ## Measure live push beside plain Strawberry (ARGS="--rounds 1" to choose)
	@exec .venv/bin/python -m tests.bench.live $(ARGS)

check: .venv/installed-dev ## Check format, lint, types, imports, SQL and the committed schema
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy .
	.venv/bin/lint-imports --no-cache
	.venv/bin/sqlfluff lint --nocolor db/sql
	.venv/bin/study-companion schema | diff schema/schema.graphql - \
	  || { echo 'schema/schema.graphql is not what the code says: run `make schema` and commit it.' >&2; exit 1; }
	.venv/bin/python -m tests.schema_changes

schema: .venv/installed ## Write schema/schema.graphql anew
	.venv/bin/study-companion schema > schema/schema.graphql.new
	mv schema/schema.graphql.new schema/schema.graphql

lock: .venv/installed-dev ## Bring the lock files in line with pyproject.toml (ARGS=--upgrade for newer versions)
	$(COMPILE) $(ARGS) --extra dev --output-file requirements-dev.lock pyproject.toml
	$(COMPILE) --extra build --constraint requirements-dev.lock --output-file requirements.lock pyproject.toml

clean: ## Remove .venv and what the tools keep; the data stays
	rm -rf web/node_modules web/clients/node_modules web/clients/__generated__ web/dist web/src/generated
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

web/dist/graphiql.html: $(WEB) | .venv/installed
	@.venv/bin/python web/build.py && touch $@

# Where they cannot be built, serving starts without them, and does not try again until `make pages` or a change.
web/dist/tried: $(WEB) | .venv/installed
	@$(MAKE) --no-print-directory --silent pages || echo 'Serving goes on without pages; `make pages` tries again.' >&2
	@mkdir -p $(@D) && touch $@

.venv/made-in:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Python 3.11 or newer is needed: install it, or name it as in `make PYTHON=python3.13`.' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo 'This Python cannot make environments: install its venv package (on Debian and Ubuntu python3-venv).' >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@pwd -P > .venv/made-in

# A point for each package: what pip says would be hundreds of lines, and nothing would look like a standstill.
define install
@rm -f .venv/failed
@{ $(PIP) install --progress-bar off --require-hashes --requirement $(1) || touch .venv/failed; } \
  | while read -r word rest; do \
    case $$word in Collecting) printf .;; Installing) printf ' unpacking';; Successfully) echo;; esac; done
@[ ! -e .venv/failed ]
@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
endef

.venv/installed: .venv/made-in requirements.lock pyproject.toml
	@echo 'Installing what requirements.lock names (a minute at first)'
	$(call install,requirements.lock)
	@touch $@

.venv/installed-dev: .venv/made-in requirements-dev.lock pyproject.toml
	@echo 'Installing what requirements-dev.lock names (some minutes at first)'
	$(call install,requirements-dev.lock)
	@touch .venv/installed $@
