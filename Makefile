# `make demo` and `make test` need nothing but Python 3.11 or newer; the first call makes the environment.
# What the demo needs has no torch and is there in half a minute; what the tests need takes some more.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= auto

# An editable install belongs to one checkout and to one set of dependencies; the environment remembers both,
# and whether it holds what develops and trains (full) or what predicts and reports (light).
DEPENDENCIES := $(VENV)/.scarmap-dependencies
LIGHT_DEPENDENCIES := $(VENV)/.scarmap-light-dependencies
CHECKOUT := $(VENV)/.scarmap-checkout
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: help demo test slow fuzz kills mutants check environment install install-light clean

help:
	@echo "make demo     a synthetic DICOM study to its page, SEG, SR and PDF, and scores of patients, in demo/"
	@echo "make test     the test suite"
	@echo "make slow     the tests that take minutes"
	@echo "make fuzz     10,000 damaged images, with 4 GB of memory"
	@echo "make kills    commands killed 50 times each and repeated"
	@echo "make mutants  100 faults planted in the code, one at a time; those that no test notices"
	@echo "make check    lint, format, types, import layers, spelling, complexity"
	@echo "make clean    remove caches and the demo; the environment $(VENV) stays"

demo: install-light
	$(BIN)/scarmap demo --out demo

test: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" --numprocesses $(WORKERS) --maxprocesses 8 --dist worksteal

slow: install
	$(BIN)/python -m pytest -m slow

fuzz: install
	ulimit -v 4194304; SCARMAP_FUZZ=10000 OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/fuzz

kills: install
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/kills.py --count 50

mutants: install
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/mutants.py --count 100

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	@! $(BIN)/radon cc --min C --show-complexity src | grep . || { echo "take these apart"; exit 1; }

environment:
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		echo "Making the environment $(VENV)"; \
		$(PYTHON) -m venv $(VENV); \
	fi

install: environment
	@if ! cmp -s pyproject.toml $(DEPENDENCIES); then \
		echo "Installing scarmap and what it needs into $(VENV); the first time this takes some minutes"; \
		$(PIP) --editable '.[dev]' && pwd >$(CHECKOUT) && cp pyproject.toml $(DEPENDENCIES); \
	elif [ "$$(pwd)" != "$$(cat $(CHECKOUT) 2>/dev/null)" ]; then \
		echo "Pointing $(VENV) at this checkout"; \
		$(PIP) --no-deps --editable . && pwd >$(CHECKOUT); \
	fi

# A full environment is more than a light one.
install-light: environment
	@if cmp -s pyproject.toml $(DEPENDENCIES) || cmp -s pyproject.toml $(LIGHT_DEPENDENCIES); then \
		if [ "$$(pwd)" != "$$(cat $(CHECKOUT) 2>/dev/null)" ]; then \
			echo "Pointing $(VENV) at this checkout"; \
			$(PIP) --no-deps --editable . && pwd >$(CHECKOUT); \
		fi; \
	else \
		echo "Installing scarmap and what it needs into $(VENV), without torch"; \
		$(PIP) --editable . && pwd >$(CHECKOUT) && cp pyproject.toml $(LIGHT_DEPENDENCIES); \
	fi

clean:
	rm -rf demo dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
