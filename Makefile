# Two commands for a newcomer: make run, make test. The rest serves those who work here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCKS := requirements-dev.lock assets.lock pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help setup run demo test soak lint messages lock bench clean

help:  ## what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): $(LOCKS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps --requirement assets.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(STAMP)  ## install everything into .venv, nothing else

run: setup  ## migrate, load the five plans, serve on http://127.0.0.1:8000
	$(BIN)/qingshan migrate
	$(BIN)/qingshan load-plans
	$(BIN)/qingshan serve

# A database and files of its own, so that nothing made up is ever mixed with real entries; the pages and workbooks carry a band.
demo: export QINGSHAN_DATABASE_URL = sqlite:///$(CURDIR)/var/demo.sqlite3
demo: export QINGSHAN_FILES_FOLDER = $(CURDIR)/var/demo-files
demo: export QINGSHAN_DEMO = true
demo: setup  ## the same with a made-up history of money and works in a database of its own, marked 演示数据 on every page
	$(BIN)/qingshan migrate
	$(BIN)/qingshan load-plans
	$(BIN)/qingshan load-demo --seed 1
	$(BIN)/qingshan serve

# Each process has its own PostgreSQL, Chromium and LibreOffice; a file of tests stays in one, so that its data are made once.
# The files are taken in the order of tests/conftest.py, the long ones first.
test: setup  ## the whole suite, on SQLite and on a throw-away PostgreSQL, in a process for each core, at most four
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder

soak: setup  ## the long tests that the suite leaves out
	$(BIN)/python -m pytest -m soak

lint: setup  ## style, layout contracts, types, messages, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python -m core.messages check
	$(BIN)/qingshan check-migrations

messages: setup  ## collect the texts of code and templates into the catalogues
	$(BIN)/python -m core.messages update

bench: setup  ## speed, as ratios to a baseline in the same run; writes benchmarks/results.md
	$(BIN)/python -m benchmarks.list_page
	$(BIN)/python -m benchmarks.rollup
	$(BIN)/python -m benchmarks.indicators
	$(BIN)/python -m benchmarks.posting
	$(BIN)/python -m benchmarks.spend_import
	$(BIN)/python -m benchmarks.returns
	$(BIN)/python -m benchmarks.report

lock:  ## resolve the dependencies anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q --no-deps --group assets -o assets.lock

clean:  ## remove what setup and runs made (never var/, where the data is)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
