# Two commands do all the set-up: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test cover lint fault clean

help:
	@echo "make demo   train six small agents and look at their records (no torch needed)"
	@echo "make test   linters, types and the fast tests, on all processors"
	@echo "make fault  the tests that kill processes and break disks"
	@echo "make lint   linters and types alone"
	@echo "make cover  the fast tests, one after the other, and which lines they reach"
	@echo "make clean  remove the virtual environment and what tools left behind"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.done: pyproject.toml | $(BIN)/python
	$(PIP) -e ".[demo]"
	@touch $@

$(VENV)/test.done: pyproject.toml test/constraints.txt | $(BIN)/python
	$(PIP) -e ".[demo,test]" -c test/constraints.txt
	@touch $@

demo: $(VENV)/demo.done
	$(BIN)/python example/simplest_code/main.py

lint: $(VENV)/test.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

cover: $(VENV)/test.done
	rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

fault: $(VENV)/test.done
	$(BIN)/python -m pytest -m "fault or load"

clean:
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
