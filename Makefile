# make lab     JupyterLab with the extension and the demonstration's settings
# make test    all tests; the last line is their total
# make lint    all linters
# make build   wheel and source distribution in dist/
# make bench   the benchmarks
# make faults-full  tests of faults at full size: 100 kills, a million events for a dead sink, ten tabs without a network; an hour
# make census  what JupyterLab and Notebook register: the names that are recorded as they are
#
# Each works on a machine that has Python 3.10 and a shell; what else it needs it installs into
# .venv and node_modules (and Chromium and Firefox, for the browser tests, with apt).

PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)

# Arguments for JupyterLab and for each test runner: make lab LAB_ARGS='--no-browser --port 9999'
LAB_ARGS ?=
PYTEST_ARGS ?=
JEST_ARGS ?=
UI_ARGS ?=
BENCH_ARGS ?=

ALLOW_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
DEMO_CONFIG := examples/demo/jupyter_server_config.py

LINTERS := lint-ruff lint-format lint-types lint-floors \
	lint-tsc lint-eslint lint-schemas lint-depcruise lint-prettier lint-stylelint
SUITES := test-py test-js test-ui test-firefox
# The oldest companions that pyproject.toml and package.json admit.
OLDEST := jupyterlab==4.2.0 notebook==7.2.0 jupyter_server==2.13.0

# A stamp says when a step was last done, so that it is done again only when what it read changed.
STAMPS := .make
FRONT_END := $(shell find src style schema -type f -not -path 'src/__tests__/*' 2>/dev/null)

EXAMPLE := $(addprefix examples/extension/,package.json tsconfig.json src/index.ts schemas/greeted.v1.json)

.PHONY: help lab install test lint build wheel-check test-oldest bench faults-full \
	bench-check census census-check ci clean $(LINTERS) $(SUITES)

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

# ---------------------------------------------------------------- installing

$(STAMPS)/venv: scripts/bootstrap.sh
	PYTHON="$(PYTHON)" VENV="$(VENV)" sh scripts/bootstrap.sh
	@mkdir -p $(STAMPS) && touch $@

# The front end has a step of its own, below. The old link has to go first: pip would install through it.
$(STAMPS)/python: $(STAMPS)/venv pyproject.toml package.json $(wildcard jupyter-config/*/*)
	rm -rf $(VENV)/share/jupyter/labextensions/jupyter-eventlog
	HATCH_JUPYTER_BUILDER_SKIP_NPM=1 $(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

$(STAMPS)/node_modules: $(STAMPS)/python package.json yarn.lock .yarnrc.yml
	jlpm install --immutable
	@touch $@

$(STAMPS)/extension: $(STAMPS)/node_modules tsconfig.json $(FRONT_END)
	jlpm build
	jupyter labextension develop --overwrite .
	@touch $@

# As its author would, but with what is installed here already; ours is linked, as if it came from a registry.
$(STAMPS)/example: $(STAMPS)/extension $(EXAMPLE)
	mkdir -p examples/extension/node_modules
	ln -sfn ../../.. examples/extension/node_modules/jupyter-eventlog
	cd examples/extension && npm run --silent build
	@touch $@

$(STAMPS)/ui-tests: $(STAMPS)/python ui-tests/package.json ui-tests/yarn.lock ui-tests/.yarnrc.yml
	cd ui-tests && jlpm install --immutable
	@touch $@

# A site of JupyterLite with the extension; what builds it has a place of its own, as it is no part of a server.
$(STAMPS)/lite-venv: $(STAMPS)/venv
	$(PYTHON) -m venv --clear .venv-lite
	.venv-lite/bin/pip install --quiet --disable-pip-version-check 'jupyterlite-core>=0.6,<0.9'
	mkdir -p .venv-lite/share/jupyter/labextensions
	ln -s $(CURDIR)/jupyter_eventlog/labextension .venv-lite/share/jupyter/labextensions/jupyter-eventlog
	@touch $@

$(STAMPS)/lite: $(STAMPS)/lite-venv $(STAMPS)/extension
	mkdir -p .venv-lite/source
	.venv-lite/bin/jupyter-lite build --force --lite-dir .venv-lite/source --output-dir .venv-lite/site > .venv-lite/build.log 2>&1 \
		|| { cat .venv-lite/build.log; exit 1; }
	@touch $@

$(STAMPS)/chromium: scripts/chromium.sh $(STAMPS)/ui-tests
	sh scripts/chromium.sh
	@touch $@

$(STAMPS)/firefox: scripts/firefox.sh
	sh scripts/firefox.sh
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/logrotate: scripts/logrotate.sh
	sh scripts/logrotate.sh
	@mkdir -p $(STAMPS) && touch $@

install: $(STAMPS)/extension

lab: install
	jupyter lab --config $(DEMO_CONFIG) $(ALLOW_ROOT) $(LAB_ARGS)

# ---------------------------------------------------------------- tests

test:
	@$(PYTHON) scripts/run_suites.py $(SUITES)

test-py: $(STAMPS)/extension $(STAMPS)/logrotate
	pytest --junitxml=reports/pytest.xml $(PYTEST_ARGS)

test-js: $(STAMPS)/node_modules
	jlpm jest $(JEST_ARGS)

test-ui: $(STAMPS)/example $(STAMPS)/lite $(STAMPS)/ui-tests $(STAMPS)/chromium
	cd ui-tests && jlpm playwright test $(UI_ARGS)

# The core of them in Firefox.
test-firefox: $(STAMPS)/extension $(STAMPS)/ui-tests $(STAMPS)/firefox
	cd ui-tests && jlpm playwright test --config firefox/playwright.config.ts $(UI_ARGS)

# The wheel in the oldest JupyterLab and Notebook, in the browser.
test-oldest: $(STAMPS)/ui-tests $(STAMPS)/chromium
	ls dist/*.whl > /dev/null 2>&1 || $(MAKE) build
	$(PYTHON) -m venv --clear .venv-oldest
	.venv-oldest/bin/pip install --quiet --disable-pip-version-check dist/*.whl $(OLDEST)
	cd ui-tests && EVENTLOG_JUPYTER=$(CURDIR)/.venv-oldest/bin/jupyter EVENTLOG_REPORT=$(CURDIR)/reports/oldest.xml \
		jlpm playwright test tests/smoke.spec.ts

bench: $(STAMPS)/extension $(STAMPS)/chromium
	python benchmarks/ingest.py $(BENCH_ARGS)
	python benchmarks/faulty_sinks.py --rounds 2 --seconds 4
	python benchmarks/protecting.py
	python benchmarks/chain.py
	python benchmarks/event_bus.py
	python benchmarks/startup.py
	node benchmarks/lab.mjs

faults-full: $(STAMPS)/extension $(STAMPS)/ui-tests $(STAMPS)/chromium
	EVENTLOG_FULL=1 pytest tests/faults -s $(PYTEST_ARGS)
	cd ui-tests && EVENTLOG_FULL=1 EVENTLOG_REPORT=$(CURDIR)/reports/faults.xml jlpm playwright test tests/faults.spec.ts $(UI_ARGS)

# A minute of it: it goes on working, and the promises about requests are held.
bench-check: $(STAMPS)/extension $(STAMPS)/chromium
	node benchmarks/lab.mjs --quick

# ---------------------------------------------------------------- the census

# Of its own pinned versions and without us; anew whenever a version is raised.
$(STAMPS)/census-ready: scripts/census-requirements.txt
	@mkdir -p $(STAMPS)
	$(PYTHON) -m venv --clear $(STAMPS)/census
	$(STAMPS)/census/bin/pip install --quiet --disable-pip-version-check -r scripts/census-requirements.txt
	@touch $@

census: $(STAMPS)/census-ready $(STAMPS)/node_modules $(STAMPS)/chromium
	node scripts/census.mjs

census-check: $(STAMPS)/census-ready $(STAMPS)/node_modules $(STAMPS)/chromium
	node scripts/census.mjs --check

# ---------------------------------------------------------------- linters

lint:
	@$(PYTHON) scripts/run_suites.py $(LINTERS)

lint-ruff: $(STAMPS)/python
	ruff check .

lint-format: $(STAMPS)/python
	ruff format --check .

lint-types: $(STAMPS)/python
	mypy

lint-floors: $(STAMPS)/python
	lint-imports

lint-tsc: $(STAMPS)/node_modules $(STAMPS)/ui-tests
	jlpm check:types
	cd ui-tests && jlpm check:types

lint-eslint: $(STAMPS)/node_modules $(STAMPS)/ui-tests
	jlpm check:eslint

# The types of our events are those that the schemas make.
lint-schemas: $(STAMPS)/node_modules
	node scripts/schema-types.mjs --check

lint-depcruise: $(STAMPS)/node_modules
	jlpm check:depcruise

lint-prettier: $(STAMPS)/node_modules
	jlpm check:prettier

lint-stylelint: $(STAMPS)/node_modules
	jlpm check:stylelint

# ---------------------------------------------------------------- distribution

# The build takes a front end that is there for finished: one made for debugging must not be.
build: $(STAMPS)/node_modules
	rm -rf dist lib tsconfig.tsbuildinfo jupyter_eventlog/labextension
	python -m build

wheel-check: build
	python scripts/check_wheel.py

ci:
	@$(PYTHON) scripts/run_suites.py $(LINTERS) wheel-check census-check bench-check $(SUITES) test-oldest

clean:
	rm -rf $(STAMPS) dist lib reports tsconfig.tsbuildinfo jupyter_eventlog/labextension
