# One command each; `make help` lists them. Everything lives in .venv, nothing is installed outside it
# but what the system lacks, and that is said.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo serve check test bench lock clean

BIN := .venv/bin
STAMP := .venv/.installed
WORKERS ?= 2
TRANSLATIONS := $(wildcard src/cityloop/console/locale/*/LC_MESSAGES/*.po)

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## set up .venv from the lock files, with the simulator and the tools
	@echo "ready: make demo shows what it does"

$(STAMP): pyproject.toml requirements.txt requirements-dev.txt requirements-uv.txt scripts/install.sh $(TRANSLATIONS)
	@bash scripts/install.sh
	@touch $@

demo: $(STAMP) ## an hour of a real city: its own signal plans, actuated, ours
	@$(BIN)/cityloop demo

serve: $(STAMP) ## the console with a made city, live, at http://127.0.0.1:8760
	@$(BIN)/cityloop serve --demo

check: $(STAMP) ## every check of the code, with one summary
	@$(BIN)/python scripts/check.py

test: check ## the checks, then all tests (LONG=1 with the long ones)
	@$(BIN)/python -m pytest -n $(WORKERS) $(if $(LONG),--long)

bench: $(STAMP) ## the benchmarks, one after the other
	@set -e; for each in benchmarks/*.py; do echo "== $$each"; $(BIN)/python "$$each"; done

lock: $(STAMP) ## write the lock files from pyproject.toml (UPGRADE=1 chooses every version anew)
	@UPGRADE=$(UPGRADE) bash scripts/lock.sh

clean: ## remove .venv and every cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
