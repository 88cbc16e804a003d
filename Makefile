# Kinline: `make run` starts it, `make test` proves it. Nothing else has to be installed or set up first.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run test test-long check bench faults lock clean

KINLINE_SETUP ?= full
KINLINE_DEMO ?= 1
export KINLINE_SETUP KINLINE_DEMO
unexport PYTHONDONTWRITEBYTECODE  # where it is set, each of the many processes would compile everything anew
READY := .venv/.ready-$(KINLINE_SETUP)
BIN := .venv/bin

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(READY)  ## Start Kinline with a demonstration prison (KINLINE_DEMO=0: empty)
	@$(BIN)/kinline serve $(ARGS)

test: $(READY)  ## Run every test (ARGS="-k pause" for some)
	@scripts/test $(ARGS)

test-long: $(READY)  ## Run what takes minutes: Firefox beside Chromium, a network that is cut, many calls
	@scripts/test-long $(ARGS)

check: $(READY)  ## Lint, types, layers and the tests that need nothing but Python: within a minute
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not postgres and not models and not browser and not slow and not simulation and not long" $(ARGS)

bench: $(READY)  ## Measure, each figure against its ceiling; writes bench/out/results.json
	@$(BIN)/python -m bench $(ARGS)

faults: $(READY)  ## Kill and freeze processes, and see what is left
	@$(BIN)/python -m pytest tests/faults $(ARGS)

lock: $(READY)  ## Resolve the locked versions again (ARGS=--upgrade for newer ones)
	@scripts/lock $(ARGS)

clean:  ## Remove everything that make built
	@rm -rf .venv .setup.log .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock requirements-nudity.lock requirements-source.lock pyproject.toml scripts/setup
	@scripts/setup
	@touch $@
