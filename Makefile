# Two commands matter: `make demo` and `make test`. Both build .venv where it is missing or old.
# With another interpreter: make PYTHON=python3.12 demo

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DESIGN := mpi/web/design
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
# A file's tests stay on one worker, so that what the file sets up once is built once.
PYTEST_WORKERS ?= -n 2 --dist loadfile

.PHONY: demo test lint notebooks design constraints
.DEFAULT_GOAL := test

demo: $(STAMP)
	@$(BIN)/mpi demo

# pytest comes last, so that its closing line ends the output.
test: lint
	@$(BIN)/python -m pytest $(PYTEST_WORKERS)

lint: $(STAMP)
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports

# Runs every notebook on people invented anew, and keeps the outputs.
notebooks: $(STAMP)
	@rm -rf notebooks/example
	@$(BIN)/python -m mpi.showing.executing notebooks

# Writes down the versions now in .venv; run it after upgrading them, then `make test`.
constraints: $(STAMP)
	@{ grep '^#' constraints.txt; $(BIN)/python -m pip --disable-pip-version-check freeze \
	    --exclude-editable | grep -v ' @ ' | LC_ALL=C sort -f; } > $(VENV)/constraints.txt
	@cp $(VENV)/constraints.txt constraints.txt && touch $(STAMP)

# A half-built .venv has no stamp, so the next run finishes it.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo 'Python 3.11 or newer is needed: make PYTHON=python3.12 …' >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	    echo 'No virtual environment could be made: on Debian, install python3-venv.' >&2; exit 1; }
	@echo 'Installing the pinned packages into .venv (a minute or two the first time) …'
	@$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@$(MAKE) --no-print-directory design
	@touch $@

# The look of the review pages. Without npm they are plain, and work.
design:
	@npm ci --prefix $(DESIGN) --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null || \
	    echo 'Without npm and its packages the review pages have no design system.' >&2
