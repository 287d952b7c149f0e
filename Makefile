# Waymark. `make demo` and `make test` are all that a new machine needs (Python 3.11-3.13 with venv, make, git).
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
ARGS ?=

.PHONY: install install-dev demo run test check format lock bench chaos show train-screen clean

install: $(VENV)/.compiled
install-dev: $(VENV)/.installed-dev

demo: $(VENV)/.compiled
	@$(BIN)/waymark demo --port $(PORT) $(ARGS)

run: $(VENV)/.compiled
	@$(BIN)/waymark run

test: $(VENV)/.installed-dev
	@.ci/test

check: $(VENV)/.installed-dev
	@.ci/check

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev
	.ci/with-postgres $(BIN)/python -m tests.bench $(ARGS)

chaos: $(VENV)/.installed-dev
	WAYMARK_SECOND_OPINION=on .ci/with-postgres $(BIN)/python -m tests.chaos $(ARGS)

show: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.show $(ARGS) 2>/dev/null

train-screen: $(VENV)/.installed-dev
	$(if $(findstring --further,$(ARGS)),,$(BIN)/python -m tests.bench.weigh)
	$(BIN)/python -m tests.bench.train $(ARGS)

# Locks carry hashes and no download address, so that any mirror can serve them.
LOCK := $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --quiet
lock: $(VENV)/.installed-dev
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --extra dev pyproject.toml -o requirements-dev.lock -c requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Waymark needs Python 3.11, 3.12 or 3.13 with the venv module; none was found on PATH. Install one, or say: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python requirements.lock pyproject.toml
	@echo "Installing Waymark into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The crisis screen as machine code, where there is a C compiler (bot/native.py); without, it runs as it is.
$(VENV)/.compiled: $(VENV)/.installed bot/native.py $(wildcard bot/safety/*.py)
	@echo "Compiling the crisis screen (half a minute) ..."
	@if $(BIN)/python -c 'from bot.native import main; raise SystemExit(main())'; then touch $@; fi

$(VENV)/.installed-dev: $(VENV)/.compiled requirements-dev.lock
	@echo "Installing the development tools into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
