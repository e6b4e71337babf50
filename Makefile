# Everything a fresh machine needs: Python 3.11 or later, git and make.
#
#   make demo    install, check the gradients, train on digits; under two minutes after downloads
#   make test    install what the tests need, then lint, types and all tests
#   make bench   measure klayer beside its peers (installs them into .venv-bench; half an hour)
#   make wheel   build a wheel in dist/

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test lint bench bench-env wheel clean

demo: $(VENV)/installed
	$(BIN)/klayer check
	$(BIN)/klayer train digits --hidden 50,50 --batch-norm --out demo --force
	@echo "The pictures are demo/curves.png and demo/weights.png."

test: $(VENV)/installed-for-tests lint
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/installed-for-tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/installed-for-tests bench-env
	$(BIN)/python -m benchmarks

bench-env: .venv-bench/installed

wheel: $(BIN)/python
	$(PIP) wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) build dist demo runs .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

.venv-bench/installed: benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip --disable-pip-version-check install --quiet -r $<
	touch $@

$(VENV)/installed: $(BIN)/python pyproject.toml
	$(PIP) install --quiet --editable .
	@$(BIN)/klayer --version
	touch $@

$(VENV)/installed-for-tests: $(BIN)/python pyproject.toml
	$(PIP) install --quiet --editable '.[test,lint]'
	@$(BIN)/klayer --version
	touch $@ $(VENV)/installed
