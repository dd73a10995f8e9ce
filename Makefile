# Every target works in a fresh clone: the first call makes .venv from a bare python3 (3.11 or newer,
# with its venv module: on Debian the package python3-venv).
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo team-demo test full lint types bench soak lowest newest newest-core lab clean

# A .venv that was only half made is removed, so that the next call starts anew.
.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "smsframe needs Python 3.11 or newer; \
	name one: make PYTHON=python3.12 $(MAKECMDGOALS)" or 0)'
	@echo "Making .venv; this takes a minute, once."
	@$(PYTHON) -m venv .venv && $(BIN)/python -m pip --version >/dev/null || { rm -rf .venv; \
	echo "python3 lacks its venv module: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@touch $@

.venv/.runs: .venv/.made pyproject.toml constraints.txt
	@$(PIP) -e ".[excel]"
	@touch $@

.venv/.tests: .venv/.runs
	@$(PIP) -e ".[test,notebooks]"
	@touch $@

.venv/.bench: .venv/.tests
	@$(PIP) -e ".[bench]"
	@touch $@

demo: .venv/.runs
	@$(BIN)/smsframe demo data/orders.csv

# A PostgreSQL of its own (Debian: apt-get install postgresql), two senders at once, one killed.
team-demo: .venv/.tests
	@PYTHONPATH=tests $(BIN)/python -W ignore data/team_demo.py

# Browser tests run on their own, since Playwright keeps an event loop. pytest says 5 for "no tests".
test: .venv/.tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not browser and not soak and not full"
	@if [ -d tests/browser ]; then $(BIN)/python -m pytest -m "browser and not full" tests/browser; fi

soak: .venv/.tests
	$(BIN)/python -m pytest -m soak || [ $$? -eq 5 ]

# The oldest libraries we claim need an old Python too: make lowest PYTHON=python3.12
.venv-lowest/.made: pyproject.toml lowest.txt
	@$(PYTHON) -m venv .venv-lowest
	@.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check -c lowest.txt -e . \
	numpy matplotlib hypothesis ipykernel nbclient nbformat openpyxl packaging python-calamine \
	pytest pytest-timeout pytest-xdist requests-mock
	@touch $@

lowest: .venv-lowest/.made
	.venv-lowest/bin/python -m pytest -n 2 --dist worksteal -m "not browser and not soak and not full" \
	--ignore tests/browser --ignore tests/project/test_notebooks.py

# The newest libraries on the newest Python of this machine, without constraints; where that is too old
# for them, this is said before and after.
.venv-newest/.made: pyproject.toml .ci/newest.py
	@newest=$$($(PYTHON) .ci/newest.py) && $$newest --version && rm -rf .venv-newest && \
	$$newest -m venv .venv-newest
	@.venv-newest/bin/python -m pip install --quiet --disable-pip-version-check --upgrade -e . \
	matplotlib hypothesis ipykernel nbclient nbformat openpyxl packaging 'psycopg[binary]' python-calamine \
	pytest pytest-rerunfailures pytest-timeout pytest-xdist requests-mock
	@touch $@

newest: .venv-newest/.made
	.venv-newest/bin/python -m pytest -n 2 --dist worksteal -m "not browser and not soak and not full" \
	--ignore tests/browser --ignore tests/project/test_notebooks.py
	@$(PYTHON) .ci/newest.py >/dev/null

# What breaks first on new libraries: numbers, phones, values, one send through everything.
newest-core: .venv-newest/.made
	.venv-newest/bin/python -m pytest -n 2 --dist worksteal tests/phones/test_read.py tests/text/test_values.py \
	tests/send/test_run.py tests/text/test_segments.py tests/promises/test_forks.py tests/acoustic tests/results/test_results_of_run.py
	@$(PYTHON) .ci/newest.py >/dev/null

# What takes too long for "make test": of each promise that has a part in here, a short sample is there.
full: .venv/.tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "full and not browser and not soak" || [ $$? -eq 5 ]
	$(BIN)/python -m pytest -m "full and browser" || [ $$? -eq 5 ]
	$(MAKE) newest-core

lint: .venv/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

types: .venv/.tests
	$(BIN)/mypy
	$(BIN)/mypy tests/typing/api.py

bench: .venv/.bench
	$(BIN)/python benchmarks/run.py

lab: .venv/.tests
	$(BIN)/jupyter lab notebooks

clean:
	rm -rf .venv .venv-lowest .venv-newest dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results
