# Every target works in a fresh clone: the first call makes .venv from a bare python3.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint types bench soak lab clean

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

.venv/.runs: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) -e .
	@touch $@

.venv/.tests: .venv/.runs
	$(PIP) -e ".[test,notebooks]"
	@touch $@

demo: .venv/.runs
	$(BIN)/smsframe demo data/orders.csv

test: .venv/.tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not browser and not soak"
	@if [ -d tests/browser ]; then $(BIN)/python -m pytest -m browser tests/browser; fi

soak: .venv/.tests
	$(BIN)/python -m pytest -n 2 -m soak

lint: .venv/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.tests
	$(BIN)/mypy

bench: .venv/.tests
	$(BIN)/python benchmarks/run.py

lab: .venv/.tests
	$(BIN)/jupyter lab notebooks

clean:
	rm -rf .venv dist .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
