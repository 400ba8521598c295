PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run test check bench load clean
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

run: $(VENV)/.installed ## serve the demo: its API and the proxy, until Ctrl-C
	@exec $(BIN)/python configs/demo/run.py

test: $(VENV)/.installed ## run every test
	$(BIN)/python -m pytest

check: $(VENV)/.installed ## ruff, mypy and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed ## measure speed and memory, as ratios
	$(BIN)/python -m loadtests.bench

load: $(VENV)/.installed ## drive the demo with locust for 20 seconds
	$(BIN)/python -m loadtests.run

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
