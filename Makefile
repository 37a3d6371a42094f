# Everything a developer or a curious reader types. Each target sets up what it needs.

PYTHON3 ?= python3
VENV ?= .venv
PYTHON = $(VENV)/bin/python
ICPCRAWL = $(VENV)/bin/icpcrawl
JOBS ?= 2

# Two sets of packages, one environment: `make demo` does not wait for the tools of the tests.
RUN = $(VENV)/.installed-run
DEV = $(VENV)/.installed-dev
PINS = pyproject.toml setup.py constraints.txt

.DEFAULT_GOAL := help
.PHONY: help setup demo audit check format test accuracy bench chaos fuzz docs clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(PYTHON):
	$(PYTHON3) -m venv $(VENV)

$(RUN): $(PINS) | $(PYTHON)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fast]'
	@touch $@

$(DEV): $(PINS) | $(PYTHON)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fast,dev]'
	@touch $@ $(RUN)

setup: $(DEV) ## an environment in .venv with all tools

demo: $(RUN) ## audit the sample portfolio on the loopback web: no internet needed
	$(ICPCRAWL) demo

audit: $(RUN) ## audit your own list: make audit PORTFOLIO=portfolio.csv
	@test -n "$(PORTFOLIO)" || { echo 'say which list: make audit PORTFOLIO=portfolio.csv' >&2; exit 2; }
	$(ICPCRAWL) audit $(PORTFOLIO)

check: $(DEV) ## style, types, direction of imports
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy --strict
	$(VENV)/bin/lint-imports

format: $(DEV) ## put the code into shape
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

test: check ## check, then all tests
	$(PYTHON) -m pytest -n $(JOBS) --dist loadscope

accuracy: $(DEV) ## precision and recall on the labelled pages named by ICPCRAWL_CORPUS
	$(PYTHON) tests/accuracy/measure.py

bench: $(DEV) ## time, CPU and memory beside bare Scrapy, and what reading a page costs
	$(PYTHON) tests/bench/run.py
	test -z "$$ICPCRAWL_CORPUS" || $(PYTHON) tests/bench/extraction.py

chaos: $(DEV) ## a troubled web, 20 kills: nothing lost, doubled or judged otherwise (10 minutes)
	$(PYTHON) tests/chaos/soak.py --handler own
	$(PYTHON) tests/chaos/soak.py --handler http11

fuzz: $(DEV) ## every reader against mutated files, 5 minutes each
	$(PYTHON) tests/fuzz/run.py --seconds 300

docs: $(DEV) ## the pictures in the documents, drawn anew from the demo
	$(PYTHON) docs/pictures.py

clean: ## remove the environment and what tools left behind
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
