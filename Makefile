# Two commands for a fresh machine: `make demo` and `make test`. Everything is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install demo test again lint crash bench clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml setup.py $(wildcard transports/dstu/_*.[ch])
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[test]'
	touch $@

demo: install
	$(BIN)/kassanet demo

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: install lint
	$(BIN)/pytest -n auto --dist loadfile

# What failed, once more and alone: a test that a busy machine starved passes now and is named, a fault fails again.
again: install
	$(BIN)/pytest -rap --last-failed --last-failed-no-failures none
	@echo 'make again: PASSED AT THE SECOND TRY, after a failure: the tests named above. Find out why.' >&2

crash: install
	$(BIN)/pytest -m crash --crash-counts=full tests/crash tests/contract

bench: install
	$(BIN)/pip install --quiet --editable '.[test,bench]'
	$(BIN)/python -m bench all

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
